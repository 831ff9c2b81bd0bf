/// The modules the server has: the one place that lists them.
package enum Catalogue {
    package static let modules: [ModuleType] = [
        ModuleType(Disco.self),
        ModuleType(HTTPUpload.self),
        ModuleType(HTTPUploadQuota.self),
        ModuleType(LastActivityModule.self),
        ModuleType(LegacyAuthentication.self),
        ModuleType(LoginBans.self),
        ModuleType(OfflineMessages.self),
        ModuleType(Ping.self),
        ModuleType(PrivateStorageModule.self),
        ModuleType(Registration.self),
        ModuleType(RosterModule.self),
        ModuleType(EntityTime.self),
        ModuleType(VCardModule.self),
        ModuleType(SoftwareVersion.self),
    ]
}
