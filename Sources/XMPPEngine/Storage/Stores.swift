/// All stores over one database.
package struct Stores: Sendable {
    /// Who may log in.
    package let accounts: any AccountStore
    /// Contacts and subscriptions.
    package let rosters: any RosterStore
    /// Messages that wait.
    package let offlineMessages: any OfflineMessageStore
    /// What clients keep for themselves.
    package let privateStorage: any PrivateStorageStore
    /// Who accounts say they are.
    package let vCards: any VCardStore
    /// When accounts were last connected.
    package let lastActivity: any LastActivityStore
    /// What opens the HTTP API.
    package let tokens: any TokenStore
    /// What is known of uploaded files.
    package let uploads: any UploadStore
    /// Removal of all of the above for one account.
    package let accountRemoval: any AccountRemoval

    /// Puts stores together, of one database or of several.
    package init(
        accounts: any AccountStore, rosters: any RosterStore,
        offlineMessages: any OfflineMessageStore, privateStorage: any PrivateStorageStore,
        vCards: any VCardStore, lastActivity: any LastActivityStore,
        tokens: any TokenStore, uploads: any UploadStore, accountRemoval: any AccountRemoval
    ) {
        self.accounts = accounts
        self.rosters = rosters
        self.offlineMessages = offlineMessages
        self.privateStorage = privateStorage
        self.vCards = vCards
        self.lastActivity = lastActivity
        self.tokens = tokens
        self.uploads = uploads
        self.accountRemoval = accountRemoval
    }
}
