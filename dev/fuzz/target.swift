// One of the four is chosen by a flag of the compiler (dev/fuzz.sh): libFuzzer has one entry a program.

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: data, count: count))
    #if FUZZ_reader
        let file = WorkflowFile(bytes, path: "w.yml")
        var contexts = PlanContexts(github: .object([]), vars: .object([]), inputs: .object([]))
        contexts.isOutline = true
        for job in file.reading(contexts).workflow?.jobs ?? [] {
            guard (try? yamlTree(job.payload)) != nil else { fatalError("a payload cannot be read") }
        }
    #elseif FUZZ_expressions
        let scope = ExpressionScope(
            place: "fuzz", contexts: ["a", "github"], hasStatusFunctions: true, hasFiles: true, statusNamesJobs: true)
        if let template = try? Template(String(decoding: bytes, as: UTF8.self), scope) {
            let value = ExpressionValue.object([(key: "k", value: .array([.number(1), .null, .string("v")]))])
            let known = ExpressionContexts(
                ["a": value, "github": value], status: .init(success: true, failure: false, cancelled: false))
            var budget = ExpressionBudget(workBytes: 1 << 20)
            _ = try? template.value(in: known, &budget).json(bytesMax: 1 << 20)
        }
    #elseif FUZZ_patterns
        let parts = bytes.split(separator: 0x0A, maxSplits: 1).map { String(decoding: $0, as: UTF8.self) }
        if let text = parts.first, let pattern = try? Pattern(text) {
            var steps = 1_000_000
            _ = pattern.matches(parts.count > 1 ? parts[1] : "", &steps)
        }
    #elseif FUZZ_cron
        if let schedule = try? CronSchedule(String(decoding: bytes, as: UTF8.self)) {
            _ = schedule.next(after: Instant(microseconds: 1_700_000_000_000_000))
        }
    #endif
    return 0
}
