// swift-tools-version: 6.1
import PackageDescription

// Dependency arrows point down only: FCGIApp -> Postgres -> Domain (docs/adr/0001, checked by TidyTests).
let strict: [SwiftSetting] = [.swiftLanguageMode(.v6)]

let package = Package(
    name: "millrace",
    products: [.executable(name: "millrace", targets: ["FCGIApp"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .systemLibrary(name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
        .systemLibrary(name: "CFCGI", providers: [.apt(["libfcgi-dev"])]),
        .systemLibrary(name: "CLibpq", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        .target(
            name: "RunnerProto",
            dependencies: [.product(name: "SwiftProtobuf", package: "swift-protobuf")],
            exclude: ["README.md", "runner.proto", "ping.proto", "artifact.proto"], swiftSettings: strict),
        .target(name: "Domain", dependencies: ["Yams"], swiftSettings: strict),
        .target(name: "Postgres", dependencies: ["Domain", "CLibpq"], swiftSettings: strict),
        .executableTarget(
            name: "FCGIApp",
            dependencies: [
                "CArchive", "CFCGI", "CLinux", "CZlib", "Domain", "Postgres", "RunnerProto",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "Mustache", package: "swift-mustache"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
                .product(name: "Yams", package: "Yams"),
            ],
            exclude: ["Artifacts/README.md"],
            swiftSettings: strict),
        .testTarget(name: "DomainTests", dependencies: ["Domain"], swiftSettings: strict),
        .testTarget(name: "PostgresTests", dependencies: ["Domain", "Postgres"], swiftSettings: strict),
        .testTarget(
            name: "FCGIAppTests",
            dependencies: [
                "FCGIApp", "Postgres", "RunnerProto", "Yams",
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ], swiftSettings: strict),
        .testTarget(name: "SimulationTests", dependencies: ["Domain"], swiftSettings: strict),
        .testTarget(name: "TidyTests", swiftSettings: strict),
    ]
)
