/// All stores over one database.
package struct Stores: Sendable {
    package let accounts: any AccountStore
    package let rosters: any RosterStore
    package let offlineMessages: any OfflineMessageStore
    package let privateStorage: any PrivateStorageStore
    package let vCards: any VCardStore
    package let lastActivity: any LastActivityStore
    package let accountRemoval: any AccountRemoval

    package init(
        accounts: any AccountStore, rosters: any RosterStore,
        offlineMessages: any OfflineMessageStore, privateStorage: any PrivateStorageStore,
        vCards: any VCardStore, lastActivity: any LastActivityStore,
        accountRemoval: any AccountRemoval
    ) {
        self.accounts = accounts
        self.rosters = rosters
        self.offlineMessages = offlineMessages
        self.privateStorage = privateStorage
        self.vCards = vCards
        self.lastActivity = lastActivity
        self.accountRemoval = accountRemoval
    }
}
