import XMPPConfig

/// Limits for `mod_http_upload`, which reads them: how much an account may keep, and how long.
struct HTTPUploadQuota: ServerModule {
    static let softQuota = Option<String>(
        "access_soft_quota", default: "soft_upload_quota",
        "The shaper rule that says how many mebibytes of an account are kept when its oldest files"
            + " are removed.")

    static let hardQuota = Option<String>(
        "access_hard_quota", default: "hard_upload_quota",
        "The shaper rule that says how many mebibytes an account may upload. Beyond it the oldest"
            + " files are removed, down to the soft quota; without a soft quota, or for a file that"
            + " would not fit even then, there is no slot.")

    static let maxDays = Option<Limit<Int>>(
        "max_days", default: .infinity, as: .inside(.at(1)...(.infinity)),
        "How many days files are kept.")

    static let manifest = Manifest<HTTPUploadQuota>(
        name: "mod_http_upload_quota", "Limits how much and how long uploaded files are kept.",
        options: [softQuota, hardQuota, maxDays])

    init(_ context: ModuleContext) {}
}
