// swift-tools-version: 6.1
import PackageDescription

// Dependency arrows point down only: FCGIApp → Server → (Web, Postgres, Client) → Domain (ARCHITECTURE.md, TidyTests).
let strict: [SwiftSetting] = [.swiftLanguageMode(.v6)]

let package = Package(
    name: "millrace",
    products: [.executable(name: "millrace", targets: ["FCGIApp"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .systemLibrary(name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CFCGI", providers: [.apt(["libfcgi-dev"])]),
        .systemLibrary(name: "CLibpq", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CLinux"),
        .systemLibrary(
            name: "CMarkGFM", pkgConfig: "libcmark-gfm",
            providers: [.apt(["libcmark-gfm-dev", "libcmark-gfm-extensions-dev"])]),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        .target(
            name: "RunnerProto",
            dependencies: [.product(name: "SwiftProtobuf", package: "swift-protobuf")],
            exclude: ["README.md", "runner.proto", "ping.proto", "artifact.proto"], swiftSettings: strict),
        .target(name: "Domain", dependencies: ["Yams"], swiftSettings: strict),
        .target(name: "Postgres", dependencies: ["Domain", "CLibpq"], swiftSettings: strict),
        .target(
            name: "Web",
            dependencies: [
                "CFCGI", "CLinux", "CZlib", "Domain",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ], swiftSettings: strict),
        .target(
            name: "Client",
            dependencies: [
                "CLinux", "Domain", "RunnerProto",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
                .product(name: "Yams", package: "Yams"),
            ], swiftSettings: strict),
        .target(
            name: "Server",
            dependencies: [
                "CArchive", "CCurl", "CLinux", "CMarkGFM", "CZlib", "Client", "Domain", "Postgres", "RunnerProto",
                "Web",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Mustache", package: "swift-mustache"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
                .product(name: "Yams", package: "Yams"),
            ],
            exclude: ["Artifacts/README.md"],
            // Compiled into the program, so that it needs no files beside it. Their names must differ, wherever they are.
            resources: [
                .embedInCode("Insights/Insights.mustache"),
                .embedInCode("Accounts/LoginPage.mustache"), .embedInCode("Accounts/PasswordPage.mustache"),
                .embedInCode("Accounts/ProfilePage.mustache"), .embedInCode("Accounts/SessionsPage.mustache"),
                .embedInCode("Accounts/TokensPage.mustache"), .embedInCode("Accounts/LinkPage.mustache"),
                .embedInCode("Observation/AdminPage.mustache"), .embedInCode("Observation/AdminUsersPage.mustache"),
                .embedInCode("Repositories/MembersPage.mustache"),
                .embedInCode("Logs/Job.mustache"), .embedInCode("Logs/LogRow.mustache"), .embedInCode("Logs/log.js"),
                .embedInCode("Logs/JobPage.mustache"), .embedInCode("Logs/job.js"), .embedInCode("Logs/log-rows.js"),
                .embedInCode("Logs/log-view.js"), .embedInCode("Logs/terminal.js"),
                .embedInCode("Runners/QueuePage.mustache"),
                .embedInCode("Logs/live.js"), .embedInCode("Logs/live-stream.js"), .embedInCode("Logs/live-worker.js"),
                .embedInCode("Logs/log.css"),
                .embedInCode("Environments/EnvironmentListPage.mustache"),
                .embedInCode("Environments/EnvironmentPage.mustache"),
                .embedInCode("Observation/APIPage.mustache"),
                .embedInCode("Pages/ErrorPage.mustache"), .embedInCode("Pages/Layout.mustache"),
                .embedInCode("Pages/Removal.mustache"),
                .embedInCode("Pages/State.mustache"), .embedInCode("Pages/StateIcon.mustache"),
                .embedInCode("Pages/Time.mustache"), .embedInCode("Pages/Token.mustache"),
                .embedInCode("Pages/frame.js"), .embedInCode("Pages/icon.svg"), .embedInCode("Pages/style.css"),
                .embedInCode("Repositories/Dashboard.mustache"), .embedInCode("Repositories/OwnerPage.mustache"),
                .embedInCode("Repositories/GeneralPage.mustache"),
                .embedInCode("Repositories/RepositoryPage.mustache"),
                .embedInCode("Repositories/RepositoryRow.mustache"),
                .embedInCode("Repositories/RunLine.mustache"),
                .embedInCode("Runners/RunnersPage.mustache"),
                .embedInCode("Runs/RunList.mustache"), .embedInCode("Runs/RunPage.mustache"),
                .embedInCode("Runs/RunRows.mustache"), .embedInCode("Runs/RunGraph.mustache"),
                .embedInCode("Runs/JobList.mustache"), .embedInCode("Runs/JobLine.mustache"),
                .embedInCode("Runs/Bar.mustache"),
                .embedInCode("Runs/WorkflowFile.mustache"), .embedInCode("Runs/run.css"),
                .embedInCode("Runs/runs.js"),
                .embedInCode("Secrets/SettingsPage.mustache"),
                .embedInCode("Webhooks/DeliveryPage.mustache"), .embedInCode("Webhooks/WebhookForm.mustache"),
                .embedInCode("Webhooks/WebhookListPage.mustache"), .embedInCode("Webhooks/WebhookPage.mustache"),
                .embedInCode("Workflows/WorkflowPage.mustache"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "FCGIApp",
            dependencies: [
                "CLinux", "Client", "Domain", "Postgres", "Server", "Web",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict,
            // Linking is most of the time of a build after a small change; the toolchain's lld takes half of gold's.
            linkerSettings: [.unsafeFlags(["-use-ld=lld"], .when(configuration: .debug))]),
        .testTarget(name: "DomainTests", dependencies: ["Domain"], swiftSettings: strict),
        .target(
            name: "TestSupport", dependencies: ["Domain", "Postgres", "Server", "Web"], path: "Tests/TestSupport",
            swiftSettings: strict),
        .testTarget(
            name: "PostgresTests", dependencies: ["Domain", "Postgres", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "WebTests",
            dependencies: ["TestSupport", "Web", .product(name: "SwiftProtobuf", package: "swift-protobuf")],
            swiftSettings: strict),
        .testTarget(
            name: "ClientTests", dependencies: ["Client", "Domain", "RunnerProto", "Web", "Yams"], swiftSettings: strict
        ),
        .testTarget(
            name: "ServerTests",
            dependencies: [
                "Postgres", "RunnerProto", "Server", "TestSupport", "Web",
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            exclude: ["routes.txt"], swiftSettings: strict),
        .testTarget(name: "SimulationTests", dependencies: ["Domain"], swiftSettings: strict),
        .testTarget(name: "TidyTests", dependencies: ["TestSupport"], swiftSettings: strict),
    ]
)
