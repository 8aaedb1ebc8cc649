// SPDX-License-Identifier: GPL-2.0-only

internal import CZlib

/// Decompression of deflated data (RFC 1950, 1952) up to a size that the caller sets, so that a small
/// input cannot fill the memory.
public enum Inflate {
  /// What `inflateInit2` takes for a zlib header, and for a gzip header.
  private enum Wrapping: CInt {
    case zlib = 15
    case gzip = 31
  }

  private enum Outcome {
    /// What came of one stream, and how many bytes of the input it took.
    case done(Bytes, used: Int)
    case corrupt
    case tooLarge
  }

  /// Nil when the data is corrupt or larger than `maximumSize` bytes.
  static func zlib(_ data: ByteSlice, maximumSize: Int) -> Bytes? {
    guard case .done(let content, _) = run(data, .zlib, maximumSize: maximumSize) else {
      return nil
    }
    return content
  }

  public struct GzipError: Error, Hashable, Sendable {
    /// Lower case, no full stop.
    public var message: String
  }

  /// The concatenated members of a gzip file.
  public static func gzip(_ data: ByteSlice, maximumSize: Int) throws(GzipError) -> Bytes {
    var rest = data
    var result = Bytes()
    repeat {
      guard isGzip(rest) else {
        // Padding after the last member is allowed.
        if !result.isEmpty, rest.allSatisfy({ $0 == 0 }) { return result }
        throw GzipError(message: "not a gzip file")
      }
      switch run(rest, .gzip, maximumSize: maximumSize - result.count) {
      case .done(let content, let used):
        result.append(contentsOf: content)
        rest = rest.dropFirst(used)
      case .corrupt: throw GzipError(message: "the compressed data is corrupt or cut short")
      case .tooLarge:
        throw GzipError(message: "the file inflates to more than \(maximumSize) bytes")
      }
    } while !rest.isEmpty
    return result
  }

  public static func isGzip(_ data: ByteSlice) -> Bool {
    data.prefix(2).elementsEqual([0x1f, 0x8b])
  }

  private static func run(_ data: ByteSlice, _ wrapping: Wrapping, maximumSize: Int) -> Outcome {
    // Zlib keeps the address of the structure that it was given.
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    defer { stream.deallocate() }
    guard twostep_inflate_init(stream, wrapping.rawValue) == Z_OK else { return .corrupt }
    defer { inflateEnd(stream) }
    var output = Bytes()
    var chunk = Bytes(repeating: 0, count: 1 << 16)
    return data.withUnsafeBufferPointer { input in
      stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
      stream.pointee.avail_in = UInt32(clamping: input.count)
      while true {
        let status = chunk.withUnsafeMutableBufferPointer { room in
          stream.pointee.next_out = room.baseAddress
          stream.pointee.avail_out = UInt32(room.count)
          return inflate(stream, Z_NO_FLUSH)
        }
        let made = chunk.count - Int(stream.pointee.avail_out)
        guard output.count + made <= maximumSize else { return .tooLarge }
        output.append(contentsOf: chunk[..<made])
        switch status {
        case Z_OK: continue
        case Z_STREAM_END:
          return .done(output, used: input.count - Int(stream.pointee.avail_in))
        default: return .corrupt
        }
      }
    }
  }
}
