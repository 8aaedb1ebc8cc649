// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import KernelC
internal import SourceFacts

/// What a run left in the memory that its caller can reach, by path: `buf->pages[2]`.
///
/// Paths and not offsets, so that two versions of a struct can be compared. A pointer is what it
/// leads to, a device address is the memory that the device reaches by it.
struct MemoryPicture {
  enum Value: Hashable {
    case number(UInt64)
    /// An object by the first path that leads to it, and the member or offset in it.
    case place(String)
    case mapped(String, DMADirection, DeviceWord.Encoding, flags: UInt64)
    /// `DMA_MAPPING_ERROR`, or the address of what is no longer mapped.
    case unmapped
    /// A pointer to what was freed.
    case gone
  }

  /// Where a path starts: a pointer that a function was given or gave back.
  struct Root {
    var name: String
    var address: UInt64
    var type: TypeID
  }

  private(set) var values: [String: Value] = [:]
  /// Paths whose value the run wrote.
  private(set) var written: Set<String> = []
  /// Words that hold device addresses.
  private(set) var deviceWords: [String: DeviceWord] = [:]
  private var names: ObjectNames

  /// More members than any driver's object has that the functions touch.
  private static let leafLimit = 20_000
  private static let elementLimit = 64
  /// What the API keeps for itself, and only versions have that use it.
  private static let state = "dma_iova_state"

  private struct Leaf {
    var path: String
    var value: UInt64
    var isPointer: Bool
    var isPage: Bool
    var isWritten: Bool
  }

  init(
    _ roots: [Root],
    _ host: DriverHost,
    _ interpreter: Interpreter,
    hidden: Set<FieldKey>,
    names known: ObjectNames
  ) {
    var walk = Walk(host.unit, interpreter, hidden: hidden, names: known)
    for root in roots { walk.follow(root.address, root.type, root.name) }
    while walk.leaves.count < Self.leafLimit, let next = walk.work.popFirst() { walk.visit(next) }
    names = walk.names
    let reachable = host.reachable
    for leaf in walk.leaves {
      if leaf.isWritten { written.insert(leaf.path) }
      // An array of addresses may lie in one allocation behind an array of pointers.
      let mayBeAddress = !leaf.isPointer || !names.leads(leaf.value, interpreter)
      if mayBeAddress, let word = DeviceWord(leaf.value, in: reachable) {
        deviceWords[leaf.path] = word
        values[leaf.path] = names.value(of: word, interpreter)
      } else if mayBeAddress,
        leaf.value == Machine.dmaMappingError || host.given.contains(leaf.value)
          // With flags in the bits below the page, as a live one may have.
          || leaf.value & 4095 != 0 && host.given.contains(leaf.value & ~4095)
      {
        values[leaf.path] = .unmapped
      } else if !leaf.isPointer, let page = host.faultedPage(leaf.value) {
        let name = names.physical(page.physical, interpreter)
        values[leaf.path] = .place("\(name) with the flags \(page.flags)")
      } else {
        values[leaf.path] = names.value(
          of: leaf.value,
          isPage: leaf.isPage,
          host.unit,
          interpreter
        )
      }
    }
  }

  var objectNames: ObjectNames { names }

  /// Visits what is reached, breadth first, so that the shortest path names an object.
  private struct Walk {
    struct Item {
      var path: String
      var address: UInt64
      var type: TypeID
      var count: Int
    }

    let unit: CUnit
    let interpreter: Interpreter
    /// Members that are left out, with what only they lead to.
    let hidden: Set<FieldKey>
    var names: ObjectNames
    var work: ArraySlice<Item> = []
    /// What the driver allocates, by line.
    private let allocated: [Int: TypeID]
    var leaves: [Leaf] = []
    /// Eight-byte words that were written, by object.
    private var stores: [Int: Set<Int>] = [:]
    /// Members of a union may see one object as different types.
    private var visited: Set<Visit> = []

    private struct Visit: Hashable {
      var object: Int
      var type: TypeID
    }

    init(
      _ unit: CUnit,
      _ interpreter: Interpreter,
      hidden: Set<FieldKey>,
      names: ObjectNames
    ) {
      self.unit = unit
      self.hidden = hidden
      var scan = StateScan(unit: unit)
      for function in unit.functions where function.span.file == 0 { scan.visit(function.body) }
      allocated = scan.resultTypes
      self.interpreter = interpreter
      self.names = names
      for range in interpreter.stores where range.count > 0 {
        for word in (range.offset >> 3)...((range.offset + range.count - 1) >> 3) {
          stores[range.object, default: []].insert(word)
        }
      }
    }

    mutating func follow(_ address: UInt64, _ pointee: TypeID, _ path: String) {
      if case .record(let record) = unit[pointee].kind, unit.records[Int(record)].name == "page" {
        let frame = interpreter.memory.frame(ofPageStruct: address)
        guard address >= Memory.pageStructBase, let place = interpreter.place(of: frame) else {
          return
        }
        names.name(place.object, path, nil)
        return
      }
      guard let place = interpreter.place(of: address), place.offset >= 0 else { return }
      let object = interpreter.object(numbered: place.object)
      guard object.isLive, object.kind != .stack else { return }
      if let whole = container(of: object) {
        names.name(place.object, path, whole)
        guard visited.insert(Visit(object: place.object, type: whole)).inserted else { return }
        let start = address &- UInt64(place.offset)
        work.append(Item(path: path, address: start, type: whole, count: 1))
        return
      }
      names.name(place.object, path, pointee)
      let size = unit[pointee].sizeBytes
      guard size > 0, place.offset + size <= object.sizeBytes,
        visited.insert(Visit(object: place.object, type: pointee)).inserted
      else { return }
      let count = min((object.sizeBytes - place.offset) / size, MemoryPicture.elementLimit)
      work.append(Item(path: path, address: address, type: pointee, count: count))
    }

    /// The struct that an object of the heap was allocated as, whatever part of it a pointer leads
    /// to.
    private func container(of object: Interpreter.ObjectView) -> TypeID? {
      guard object.kind == .heap, let span = interpreter.span(object.allocated), span.file == 0,
        let type = allocated[Int(span.line)]
      else { return nil }
      let size = unit[type].sizeBytes
      return size > 0 && size == object.sizeBytes ? type : nil
    }

    mutating func visit(_ item: Item) {
      let size = UInt64(unit[item.type].sizeBytes)
      for index in 0..<item.count {
        let path =
          item.count == 1 || index == 0 && isRecord(item.type)
          ? item.path : "\(item.path)[\(index)]"
        visit(item.type, item.address &+ UInt64(index) * size, path)
      }
    }

    private func isRecord(_ type: TypeID) -> Bool {
      if case .record = unit[type].kind { true } else { false }
    }

    private mutating func visit(_ type: TypeID, _ address: UInt64, _ path: String) {
      guard leaves.count < MemoryPicture.leafLimit else { return }
      switch unit[type].kind {
      case .record(let index):
        let record = unit.records[Int(index)]
        guard record.name != MemoryPicture.state else { return }
        for (number, field) in record.fields.enumerated()
        where field.widthBits == nil && !hidden.contains(FieldKey(record: index, field: number)) {
          let inner = field.name.isEmpty ? path : "\(path)->\(field.name)"
          visit(field.type, address &+ UInt64(field.offsetBits / 8), inner)
        }
      case .array(let element, let count):
        let size = unit[element].sizeBytes
        guard size > 0, let place = interpreter.place(of: address) else { return }
        let rest = interpreter.object(numbered: place.object).sizeBytes - place.offset
        let all = min(count ?? .max, rest / size, MemoryPicture.elementLimit)
        for index in 0..<max(all, 0) {
          visit(element, address &+ UInt64(index * size), "\(path)[\(index)]")
        }
      case .pointer(let pointee):
        guard let value = leaf(path, address, 8, pointee) else { return }
        follow(value, pointee, path)
      case .integer, .boolean, .enumeration: _ = leaf(path, address, unit[type].sizeBytes, nil)
      default: break
      }
    }

    private mutating func leaf(
      _ path: String,
      _ address: UInt64,
      _ size: Int,
      _ pointee: TypeID?
    ) -> UInt64? {
      guard let place = interpreter.place(of: address),
        let value = interpreter.value(ofObject: place.object, at: place.offset, size)
      else { return nil }
      var isPage = false
      if let pointee, case .record(let record) = unit[pointee].kind {
        isPage = unit.records[Int(record)].name == "page"
      }
      leaves.append(
        Leaf(
          path: path,
          value: value,
          isPointer: pointee != nil,
          isPage: isPage,
          isWritten: stores[place.object]?.contains(place.offset >> 3) ?? false
        )
      )
      return value
    }
  }
}
