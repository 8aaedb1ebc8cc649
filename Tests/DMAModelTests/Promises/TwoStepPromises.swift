// SPDX-License-Identifier: GPL-2.0-only

import DMAModel

extension Promise {
  /// Allocated, linked, synced, handed over and destroyed.
  private static let lifecycle: @Sendable (inout TestBed) -> Void = { bed in
    var state = bed.alloc(2)
    bed.link(&state, 0)
    bed.link(&state, 1)
    bed.sync(state, 2)
    bed.hand(state.address, 2 * TestBed.page)
    bed.destroy(&state, 2)
  }

  static let twoStep: [Promise] = [
    Promise(
      id: .iovaLinkWithoutAlloc,
      broken: { bed in
        var state = IOVAState()
        bed.link(&state, 0)
      },
      kept: lifecycle
    ),
    Promise(
      id: .iovaMissingSync,
      broken: { bed in
        var state = bed.alloc(1)
        bed.link(&state, 0)
        bed.hand(state.address)
        bed.destroy(&state, 1)
      },
      kept: lifecycle
    ),
    Promise(
      id: .iovaSyncOutsideLinked,
      broken: { bed in
        var state = bed.alloc(2)
        bed.link(&state, 0)
        bed.sync(state, 2)
        bed.destroy(&state, 1)
      },
      kept: { bed in
        var state = bed.alloc(2)
        bed.link(&state, 0)
        bed.sync(state, 1)
        bed.destroy(&state, 1)
      }
    ),
    Promise(
      id: .iovaLinkOutOfBounds,
      broken: { bed in
        var state = bed.alloc(1)
        bed.link(&state, 1)
        bed.free(&state)
      },
      kept: lifecycle
    ),
    Promise(
      id: .iovaLinkOverlap,
      broken: { bed in
        var state = bed.alloc(1)
        bed.link(&state, 0)
        bed.link(&state, 0)
        bed.destroy(&state, 1)
      },
      kept: { bed in
        var state = bed.alloc(1)
        bed.link(&state, 0)
        bed.unlink(&state, 0)
        bed.link(&state, 0)
        bed.destroy(&state, 1)
      }
    ),
    Promise(
      id: .iovaLinkUnaligned,
      broken: { bed in
        var state = bed.alloc(2)
        bed.link(&state, 0, size: 0x200)
        bed.link(&state, 1)
        bed.unlinkUneven(&state)
      },
      kept: { bed in
        var state = bed.alloc(2, phys: TestBed.memory + 0x200)
        bed.link(&state, 0, phys: TestBed.memory + 0x200, size: 0xE00)
        _ = bed.machine.dmaIOVADestroy(
          bed.device,
          &state,
          mappedLength: 0xE00,
          direction: .toDevice
        )
      }
    ),
    Promise(
      id: .iovaErrorIgnored,
      broken: { bed in
        var state = bed.alloc(1)
        bed.machine.inject(Fault(.dmaIOVALink))
        bed.link(&state, 0)
        bed.hand(state.address)
        bed.free(&state)
      },
      kept: { bed in
        var state = bed.alloc(1)
        bed.machine.inject(Fault(.dmaIOVALink))
        bed.link(&state, 0)
        bed.free(&state)
      }
    ),
    Promise(
      id: .iovaLeak,
      broken: { bed in _ = bed.alloc(1) },
      kept: { bed in
        var state = bed.alloc(1)
        bed.free(&state)
      }
    ),
    Promise(
      id: .iovaRangeLeak,
      broken: { bed in
        var state = bed.alloc(1)
        bed.link(&state, 0)
        bed.free(&state)
      },
      kept: { bed in
        var state = bed.alloc(1)
        bed.link(&state, 0)
        bed.unlink(&state, 0)
        bed.free(&state)
      }
    ),
    Promise(
      id: .iovaDoubleFree,
      broken: { bed in
        var state = bed.alloc(1)
        bed.free(&state)
        bed.free(&state)
      },
      kept: { bed in
        for _ in 0..<2 {
          var state = bed.alloc(1)
          bed.free(&state)
        }
      }
    ),
    Promise(
      id: .iovaDestroyLength,
      broken: { bed in
        var state = bed.alloc(2)
        bed.link(&state, 0)
        bed.destroy(&state, 2)
      },
      kept: { bed in
        var state = bed.alloc(2)
        bed.link(&state, 0)
        bed.destroy(&state, 1)
      }
    ),
    Promise(
      id: .iovaUnlinkMismatch,
      broken: { bed in
        var state = bed.alloc(1)
        bed.link(&state, 0)
        bed.unlink(&state, 0, .fromDevice)
        bed.free(&state)
      },
      kept: { bed in
        var state = bed.alloc(1)
        bed.link(&state, 0)
        bed.unlink(&state, 0)
        bed.free(&state)
      }
    ),
    Promise(
      id: .iovaStaleState,
      broken: { bed in
        var state = bed.alloc(1)
        bed.free(&state)
        bed.link(&state, 0)
      },
      kept: { bed in
        var state = bed.alloc(1)
        bed.free(&state)
        state = bed.alloc(1)
        bed.link(&state, 0)
        bed.destroy(&state, 1)
      }
    ),
    Promise(
      id: .iovaMissingFallback,
      device: { $0.translation = .direct },
      broken: { bed in
        let state = bed.alloc(1)
        _ = bed.machine.reportReady(bed.device, state, length: TestBed.page, since: 0)
      },
      kept: { bed in
        let state = bed.alloc(1)
        let address = bed.mapped()
        _ = bed.machine.reportReady(bed.device, state, length: TestBed.page, since: 0)
        bed.unmap(address)
      }
    ),
    Promise(
      id: .iovaMixedUnmap,
      broken: { bed in
        var state = bed.alloc(1)
        bed.link(&state, 0)
        bed.unmap(state.address)
        bed.destroy(&state, 1)
      },
      kept: { bed in
        var state = bed.alloc(1)
        bed.link(&state, 0)
        let address = bed.mapped()
        bed.unmap(address)
        bed.destroy(&state, 1)
      }
    ),
    Promise(
      id: .iovaSplitUnmap,
      broken: { bed in
        bed.mapLarge()
        _ = bed.machine.iommuUnmap(bed.device, iova: 2 << 20, size: 4096)
      },
      kept: { bed in
        bed.mapLarge()
        _ = bed.machine.iommuUnmap(bed.device, iova: 2 << 20, size: 2 << 20)
      }
    ),
  ]
}

extension TestBed {
  fileprivate mutating func mapLarge() {
    _ = machine.iommuMap(
      device,
      iova: 2 << 20,
      phys: Self.memory,
      size: 2 << 20,
      direction: .toDevice
    )
  }

  /// A first page of 0x200 bytes and a second: each goes as it came.
  fileprivate mutating func unlinkUneven(_ state: inout IOVAState) {
    unlink(&state, 1)
    _ = machine.dmaIOVAUnlink(device, &state, offset: 0, size: 0x200, direction: .toDevice)
    free(&state)
  }
}
