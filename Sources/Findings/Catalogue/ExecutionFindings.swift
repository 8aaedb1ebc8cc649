// SPDX-License-Identifier: GPL-2.0-only

extension FindingSection {
  static let execution = FindingSection(
    title: "C execution",
    descriptors: [
      FindingDescriptor(
        "c-out-of-bounds",
        .error,
        "memory outside an object is read or written",
        remedy: "check the index or the length against what was allocated"
      ),
      FindingDescriptor(
        "c-null-dereference",
        .error,
        "NULL from a call that failed is dereferenced",
        remedy: "test the result before it is used"
      ),
      FindingDescriptor(
        "c-wild-dereference",
        .error,
        "an error pointer or a number that is no address is dereferenced",
        remedy: "test the result with IS_ERR() before it is used"
      ),
      FindingDescriptor(
        "c-use-after-free",
        .error,
        "an object is used after it was freed or went out of scope",
        remedy: "free it after its last use, and clear the pointers to it"
      ),
      FindingDescriptor(
        "c-double-free",
        .error,
        "an object is freed twice",
        remedy: "let one function own it, and clear the pointer when it is freed"
      ),
      FindingDescriptor(
        "c-memory-leak",
        .error,
        "an allocation is lost on a failing path",
        remedy: "free it before the function returns the error"
      ),
      FindingDescriptor(
        "c-uninitialised-read",
        .error,
        "a value is read that was never written",
        remedy: "give the variable or the member a value on every path"
      ),
      FindingDescriptor(
        "c-integer-overflow",
        .error,
        "a size loses bits, and what is left of it is allocated, mapped or compared",
        remedy: "compute it in size_t with check_mul_overflow(), or refuse such sizes first"
      ),
      FindingDescriptor(
        "early-return-skips-cleanup",
        .error,
        "a failing path keeps a lock, a clock, a reference or the like that others undo",
        remedy: "jump to the label that undoes what was done so far"
      ),
    ]
  )
}
