// swift-tools-version: 6.2
import PackageDescription

/// Set by `make fuzz`: the readers are built for libFuzzer, and the fuzzer with them.
let isFuzzing = Context.environment["MARTLET_FUZZ"] != nil

let settings: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .treatAllWarnings(as: .error),
    ] + (isFuzzing ? [.unsafeFlags(["-sanitize=fuzzer", "-enable-testing"])] : [])

let engineFolders = [
    "Core", "Wire", "Storage", "Configuration", "Supervision", "Observation", "Listening",
    "Streams", "Routing", "Hosting", "Modules",
]

/// One folder of `Sources/XMPPEngine` may be several targets: a border that must hold is a target.
func engine(
    _ name: String, folders: [String], uses dependencies: [Target.Dependency]
) -> Target {
    let others = Set(engineFolders).subtracting(folders)
    return .target(
        name: name, dependencies: dependencies, path: "Sources/XMPPEngine",
        exclude: others.sorted(), sources: folders, swiftSettings: settings)
}

func tests(_ name: String, uses dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}

let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
]
let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "martlet",
    products: [
        .executable(name: "martletd", targets: ["martletd"]),
        .executable(name: "martletctl", targets: ["martletctl"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
    ],
    targets: [
        .systemLibrary(name: "CLibXML2", pkgConfig: "libxml-2.0"),
        .systemLibrary(name: "CLibIDN", pkgConfig: "libidn"),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl"),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3"),
        .systemLibrary(name: "CMicroHTTPD", pkgConfig: "libmicrohttpd"),
        .systemLibrary(name: "CWSlay"),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib"),

        // What the server and its command line tool share: neither knows the other.
        .target(name: "ControlProtocol", swiftSettings: settings),

        engine(
            "XMPPCore", folders: ["Core", "Wire"],
            uses: ["CLibXML2", "CLibIDN", .product(name: "NIOCore", package: "swift-nio")]),
        engine("XMPPStorage", folders: ["Storage"], uses: ["XMPPCore", "CSQLite", log]),
        engine("XMPPConfig", folders: ["Configuration"], uses: ["XMPPCore", "Yams"]),
        engine(
            "XMPPEngine",
            folders: [
                "Supervision", "Observation", "Listening", "Streams", "Routing", "Hosting",
                "Modules",
            ],
            uses: [
                "XMPPCore", "XMPPStorage", "XMPPConfig", "ControlProtocol", "COpenSSL", "CLibIDN",
                log,
            ] + nio),

        .target(
            name: "HTTPFront",
            dependencies: [
                "XMPPEngine", "XMPPCore", "XMPPConfig", "XMPPStorage", "ControlProtocol",
                "CMicroHTTPD", "CWSlay", "CZlib", log,
            ] + nio,
            swiftSettings: settings),
        .target(
            name: "AdminUI",
            dependencies: [
                "HTTPFront", "XMPPEngine", "XMPPConfig", "XMPPStorage", "XMPPCore",
                "ControlProtocol", log,
                .product(name: "Mustache", package: "swift-mustache"),
            ],
            resources: [.embedInCode("Templates"), .embedInCode("Assets")],
            swiftSettings: settings),
        .executableTarget(
            name: "martletd",
            dependencies: [
                "AdminUI", "HTTPFront", "XMPPEngine", "XMPPConfig", "XMPPCore", "ControlProtocol",
                arguments, log,
            ] + nio,
            swiftSettings: settings),
        .executableTarget(
            name: "martletctl", dependencies: ["ControlProtocol"], swiftSettings: settings),

        .executableTarget(
            name: "storageprobe", dependencies: ["XMPPStorage", "XMPPCore"],
            path: "Tests/Support/storageprobe", swiftSettings: settings),
        .executableTarget(
            name: "websocketecho",
            dependencies: ["HTTPFront", log, .product(name: "NIOCore", package: "swift-nio")],
            path: "Tests/Support/websocketecho", swiftSettings: settings),
        .target(
            name: "StreamFakes",
            dependencies: ["XMPPEngine", "XMPPCore"] + nio,
            path: "Tests/Support/StreamFakes", swiftSettings: settings),
        .target(
            name: "Stages", dependencies: ["XMPPEngine"] + nio, path: "Tests/Support/Stages",
            swiftSettings: settings),
        .target(
            name: "ChildProcess", path: "Tests/Support/ChildProcess", swiftSettings: settings),
        tests("XMPPCoreTests", uses: ["XMPPCore"]),
        tests(
            "XMPPStorageTests", uses: ["XMPPStorage", "XMPPCore", "ChildProcess", "storageprobe"]),
        tests("XMPPConfigTests", uses: ["XMPPConfig"]),
        tests(
            "XMPPEngineTests",
            uses: [
                "XMPPEngine", "XMPPCore", "XMPPStorage", "XMPPConfig", "ControlProtocol",
                "ChildProcess", "Stages",
            ] + nio + [.product(name: "NIOEmbedded", package: "swift-nio")]),
        tests(
            "HTTPFrontTests",
            uses: [
                "HTTPFront", "XMPPEngine", "XMPPConfig", "XMPPCore", "XMPPStorage",
                "ControlProtocol", "StreamFakes", "Stages", log,
            ] + nio),
        tests(
            "AdminUITests",
            uses: [
                "AdminUI", "HTTPFront", "XMPPEngine", "XMPPConfig", "XMPPStorage", "XMPPCore",
                "ControlProtocol", "Stages", log,
                .product(name: "Mustache", package: "swift-mustache"),
            ] + nio),
        tests("StyleTests", uses: []),
    ]
)

if isFuzzing {
    package.targets.append(
        .executableTarget(
            name: "fuzz",
            dependencies: ["HTTPFront", "XMPPEngine", "XMPPCore", "StreamFakes", log] + nio,
            path: "Tests/Fuzz", exclude: ["Corpus", "run"], swiftSettings: settings,
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer", "-use-ld=lld"])]))
}
