import BootStubEntry

#if canImport(BootFormats)
  import BootFormats
#endif

/// A physical address as a pointer: with the stub's translation it is also the virtual one.
///
/// SAFETY: the caller knows that there is memory.
@unsafe
func pointer(to address: UInt64) -> UnsafeRawPointer {
  unsafe UnsafeRawPointer(bytes(at: address))
}

/// The same, to bytes that may be written to.
@unsafe
func bytes(at address: UInt64) -> UnsafeMutablePointer<UInt8> { unsafe stub_bytes_at(address) }

/// The descriptor of this Image, whose checksum is right.
@safe
struct Descriptor {
  private let fields: UnsafePointer<UInt64>

  init(of state: UnsafePointer<stub_state>) {
    unsafe fields =
      UnsafePointer(
        bitPattern: UInt(state.pointee.image) &+ UInt(PackedImage.descriptorOffset)
      ).unsafelyUnwrapped
  }

  subscript(field: PackedImage.Field) -> UInt64 {
    // SAFETY: it is in front of the stub, and there are as many fields as cases. The stub is
    // little-endian, as they are.
    unsafe fields[field.rawValue]
  }

  func has(_ flag: UInt64) -> Bool { self[.flags] & flag != 0 }
}
