import Domain

extension ConfigurationKey {
    /// What is read as a workflow, and what starts none.
    static let workflows: [ConfigurationKey] = [
        Self(
            "workflows.directories", rule: "paths with commas between them",
            standard: WorkflowRules().directories.joined(separator: ", "),
            "Directories of workflow files; the first that a commit has counts."
        ) { configuration, value in
            configuration.workflows.directories = try list(value, countMax: WorkflowRules.Limits.directoriesMax) {
                let path = $0.utf8.last == UInt8(ascii: "/") ? String($0.dropLast()) : $0
                if let why = WorkflowRules.whyNoDirectory(path) {
                    throw WrongValue(words: "has \"\($0)\", which is no directory of a repository: \(why)")
                }
                return path
            }
        },
        Self(
            "workflows.skip_strings", rule: "texts with commas between them, or \"none\"",
            standard: WorkflowRules().skipStrings.joined(separator: ", "),
            "A push or pull request starts nothing if its head commit's message, or its title, has one of them."
        ) { configuration, value in
            guard value != "none" else { return configuration.workflows.skipStrings = [] }
            configuration.workflows.skipStrings = try list(value, countMax: WorkflowRules.Limits.skipStringsMax) {
                guard $0.utf8.count <= WorkflowRules.Limits.skipStringBytesMax else {
                    throw WrongValue(
                        words:
                            "has a text of \($0.utf8.count) bytes; at most \(WorkflowRules.Limits.skipStringBytesMax) are taken"
                    )
                }
                return $0
            }
        },
        Self(
            "workflows.cancel_outdated", rule: Superseding.allCases.map(\.rawValue).joined(separator: ", "),
            standard: WorkflowRules().supersedes.rawValue,
            "Which runs a newer head of the same ref cancels when a workflow has no concurrency: of pull requests, of pushes too (all), or none."
        ) { configuration, value in
            guard let rule = Superseding(rawValue: value) else {
                throw WrongValue(
                    words:
                        "is \"\(value)\"; it must be one of \(Superseding.allCases.map(\.rawValue).joined(separator: ", "))"
                )
            }
            configuration.workflows.supersedes = rule
        },
    ]
}
