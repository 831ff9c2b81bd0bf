/// What a host's configuration says of logging in.
package struct SASLPolicy: Sendable {
    /// Never offered (`disable_sasl_mechanisms`).
    package var disabledMechanisms: Set<SASLMechanism> = []
    /// Whether nobody may log in before the stream is encrypted (`starttls_required`).
    package var requiresEncryption = false
    /// Whether PLAIN is offered on an unencrypted stream: the password can be read on the way.
    package var allowsPlainUnencrypted = false
    /// Whether accounts log in with passwords (PLAIN and SCRAM).
    package var offersPasswords = true
    /// Whether anyone gets a temporary account (XEP-0175).
    package var offersAnonymous = false
    /// Whether anyone gets in under a name that nobody has, with whatever password
    /// (`anonymous_protocol: login_anon`).
    package var admitsAnyName = false
    /// How passwords are kept, and with it which SCRAM mechanisms are offered.
    package var passwords = PasswordPolicy()

    /// Whether there are logins without an account at all.
    package var admitsGuests: Bool { offersAnonymous || admitsAnyName }

    /// The default: passwords, PLAIN only when encrypted, nothing anonymous.
    package init() {}
}
