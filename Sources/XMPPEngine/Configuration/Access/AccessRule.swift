/// What a clause of a rule asks of a subject.
package enum AccessCondition: Sendable, Equatable {
    /// Membership in a named ACL, or the built-in `all` or `none`.
    case acl(String)
    /// At least one of these criteria, written in the rule itself.
    case oneOf([ACLMatch])
}

/// Who may do something: the first clause all of whose conditions hold decides; none, and it is
/// denied.
package struct AccessRule: Sendable, Equatable {
    /// One line of a rule.
    package struct Clause: Sendable, Equatable {
        package let allows: Bool
        package let conditions: [AccessCondition]

        package init(allows: Bool, conditions: [AccessCondition]) {
            self.allows = allows
            self.conditions = conditions
        }
    }

    package let clauses: [Clause]

    package init(_ clauses: [Clause]) { self.clauses = clauses }
}

/// A number or a shaper that depends on who asks: the first clause that matches gives it.
package struct ShaperRule: Sendable, Equatable {
    /// One line of a rule.
    package struct Clause: Sendable, Equatable {
        package let value: ShaperValue
        package let conditions: [AccessCondition]
    }

    package let clauses: [Clause]

    package init(_ clauses: [Clause]) { self.clauses = clauses }
}

/// What a shaper rule gives.
package enum ShaperValue: Sendable, Hashable {
    /// A plain number: sessions, messages, bytes a second; what it counts is the option's matter.
    case number(Int)
    /// A shaper by name.
    case shaper(String)
    /// `none` or `infinity`.
    case unlimited
}

/// A traffic limit: a steady rate, and how much may pass at once before it counts.
package struct Shaper: Sendable, Hashable {
    package let bytesPerSecond: Int
    package let burstBytes: Int

    package init(bytesPerSecond: Int, burstBytes: Int? = nil) {
        self.bytesPerSecond = bytesPerSecond
        self.burstBytes = burstBytes ?? bytesPerSecond
    }
}
