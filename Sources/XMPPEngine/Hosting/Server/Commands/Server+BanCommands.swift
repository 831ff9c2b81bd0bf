import ControlProtocol
import XMPPConfig

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
                    "address", .string, "An IP address, or a network as in 192.0.2.0/24.",
                    length: 1...64, example: "192.0.2.9")
            ], result: .number
        ) { [bans] arguments throws(CommandError) in
            let text = arguments.string("address")
            guard let network = IPNetwork(text) else {
                throw CommandError(.badArguments, "\(text) is neither an IP address nor a network")
            }
            return .number(bans.lift(network))
        }
    }
}
