import Glibc

do {
    let invocation = try Invocation(Array(CommandLine.arguments.dropFirst()))
    exit(Tool(invocation: invocation).run().rawValue)
} catch {
    Terminal.complain("\(error.text)\n\n\(Invocation.usage)")
    exit(ExitStatus.usage.rawValue)
}
