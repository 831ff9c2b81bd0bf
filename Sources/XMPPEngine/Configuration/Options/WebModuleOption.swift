/// What the parts of the web server have in common under `modules`.
package enum WebModuleOption {
    package static let corsOrigins = Option<[String]?>(
        "cors_origins", default: nil, as: .optional(.origins),
        "The sites whose pages may call this handler, as `https://chat.example.org`; `all` are any."
            + " When left out the listener's `cors_origins` count, except for the API and metrics.")
}
