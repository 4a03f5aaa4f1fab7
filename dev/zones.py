"""Writes Sources/Domain/Workflows/Cron/ZoneTable.swift from the tzdata of this host."""

import zoneinfo,textwrap
f={}
for x in sorted(zoneinfo.available_timezones()):
    if x in("localtime","Factory") or x.startswith(("posix","right")): continue
    b=open('/usr/share/zoneinfo/'+x,'rb').read()
    f.setdefault(b.rstrip(b'\n').split(b'\n')[-1].decode(),[]).append(x)
out=[]
for r in sorted(f):
    out+=textwrap.wrap("="+r+" "+" ".join(f[r]),110,break_long_words=False,break_on_hyphens=False)
print('''/// Time zones by their IANA names, each with the rule that it follows today as POSIX writes it (`TZ`): enough to tell a name from a
/// mistake, and to work on a host without tzdata. Where the host has it, its files tell more (``ZoneRules/init(tzif:)``).
///
/// Made by dev/zones.py from tzdata.
enum ZoneTable {
    /// The rule of a zone; nil: there is none of this name. Names are compared exactly, as files are.
    static func rule(of name: String) -> String? { rules[name] }

    static let names: [String] = rules.keys.sorted()

    private static let rules: [String: String] = {
        var found: [String: String] = [:]
        var rule = ""
        for word in text.utf8.split(whereSeparator: { $0 == 0x20 || $0 == 0x0A }) {
            let word = String(decoding: word, as: UTF8.self)
            if word.utf8.first == UInt8(ascii: "=") { rule = String(word.dropFirst()) } else { found[word] = rule }
        }
        return found
    }()

    private static let text = """''')
for l in out: print("        "+l)
print('''        """
}''')
