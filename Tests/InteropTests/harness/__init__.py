"""What the interoperability tests share: servers, clients, browsers, terminals."""
