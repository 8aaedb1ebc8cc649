// SPDX-License-Identifier: GPL-2.0-only
internal import Synchronization

/// A value that is made when it is first asked for; who asks meanwhile waits for it.
final class Once<Value: Sendable>: Sendable {
  private let made = Mutex<Value?>(nil)

  func value(_ make: () -> Value) -> Value {
    made.withLock { made in
      if let made { return made }
      let value = make()
      made = value
      return value
    }
  }
}

/// A value for each architecture, made when it is first asked for.
struct PerArchitecture<Value: Sendable>: Sendable {
  private let values = Dictionary(
    uniqueKeysWithValues: Architecture.all.map { ($0.name, Once<Value>()) }
  )

  func value(for architecture: Architecture, _ make: () -> Value) -> Value {
    values[architecture.name]?.value(make) ?? make()
  }
}
