/// The name and version of the product.
package enum Martlet {
    /// By the rules of semantic versioning.
    package static let version = "0.1.0"
}
