import Glibc

/// What is read of a file from where it stands to its end, by pieces.
package struct FilePieces {
    /// Bytes handed over at once: small enough to stay in the processor's cache, large enough to make few calls.
    package static let pieceBytes = 1024 * 1024

    let descriptor: Int32
    /// For what is said of a fault.
    package let path: String

    package init(_ descriptor: Int32, _ path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    package func each(_ use: (UnsafeRawBufferPointer) throws -> Void) throws {
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.pieceBytes, alignment: 1)
        defer { piece.deallocate() }
        posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
        while true {
            let got = read(descriptor, piece.baseAddress, piece.count)
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw FileProblem("read", path) }
            if got == 0 { return }
            try use(UnsafeRawBufferPointer(rebasing: piece[..<got]))
        }
    }
}
