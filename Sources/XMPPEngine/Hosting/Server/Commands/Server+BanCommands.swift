import ControlProtocol

/// Commands about addresses that are kept out.
extension Server {
    var banCommands: [Command] { [unbanIP] }

    private var unbanIP: Command {
        Command(
            "unban_ip",
            "Lifts the bans of an address or network (mod_fail2ban), and tells how many there were.",
            tag: .accounts,
            arguments: [
                CommandArgument(
                    "address", .network, "An IP address, or a network as in 192.0.2.0/24.",
                    example: "192.0.2.9")
            ], result: .number
        ) { [bans] arguments throws(CommandError) in
            .number(bans.lift(try arguments.network("address")))
        }
    }
}
