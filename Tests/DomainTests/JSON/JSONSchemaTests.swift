import Testing

@testable import Domain

@Suite("Schemas of answers")
struct JSONSchemaTests {
    @Test("its schema says which members are required, and names described types once")
    func schema() throws {
        var schemas = SchemaCollection(.openAPI31)
        #expect(try schemas.reference(to: JSONEncodingTests.Outer.self) == ##"{"$ref":"#/components/schemas/Outer"}"##)
        #expect(schemas.schemas.map(\.name) == ["Outer", "Inner", "InnerArray"])
        #expect(
            schemas.schemas[0].json
                == ##"{"type":"object","properties":{"id":{"type":"integer","format":"int64"},"name":{"type":"string"},"note":{"type":"string"},"count":{"type":"integer","format":"int64"},"inner":{"$ref":"#/components/schemas/Inner"},"maybe":{"$ref":"#/components/schemas/Inner"},"list":{"$ref":"#/components/schemas/InnerArray"},"names":{"type":"array","items":{"type":"string"}},"flag":{"type":"boolean"},"url":{"type":["string","null"]}},"required":["id","name","inner","list","names","flag","url"]}"##
        )
    }

    @Test("a type that is met twice is described once, and both places refer to it")
    func once() throws {
        var schemas = SchemaCollection(.openAPI31)
        let first = try schemas.reference(to: JSONEncodingTests.Inner.self)
        #expect(try schemas.reference(to: JSONEncodingTests.Inner.self) == first)
        #expect(schemas.schemas.map(\.name) == ["Inner"])
        #expect(
            schemas.schemas[0].json == #"{"type":"object","properties":{"name":{"type":"string"}},"required":["name"]}"#
        )
    }

    @Test("for readers of Swagger 2.0 they stand elsewhere, and say null otherwise")
    func swagger() throws {
        var schemas = SchemaCollection(.swagger2)
        #expect(try schemas.reference(to: JSONEncodingTests.Outer.self) == ##"{"$ref":"#/definitions/Outer"}"##)
        #expect(schemas.schemas[0].json.contains(##""url":{"type":"string","x-nullable":true}"##))
        #expect(schemas.schemas[0].json.contains(##""inner":{"$ref":"#/definitions/Inner"}"##))
    }
}
