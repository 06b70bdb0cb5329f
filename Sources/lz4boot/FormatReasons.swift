import BootFormats

// What the parsers' errors mean, for messages. Bytes count from the start of what was parsed.

extension LocatedError<EFIZbootError> {
  var reason: String {
    let text =
      switch cause {
      case .wrongMagic: "it does not start as one"
      case .truncated: "it is cut off"
      case .payloadEmpty: "the payload is empty"
      case .payloadInsideHeader: "the payload starts inside the header"
      case .payloadOutsideFile: "the file ends before the payload does"
      }
    return "byte \(offset) of it: \(text)"
  }
}

extension LocatedError<AndroidBootImageError> {
  var reason: String {
    let text =
      switch cause {
      case .wrongMagic: "it does not start as one"
      case .truncated: "it is cut off"
      case .unknownVersion: "its header version is not one of 0 to \(AndroidBootImage.versionMax)"
      case .pageSizeInvalid: "its page size is not a power of two that the header fits in"
      case .kernelMissing: "it has no kernel, as init_boot.img; take boot.img"
      case .sectionOutsideFile: "the file ends before a part does whose size this is"
      }
    return "byte \(offset) of it: \(text)"
  }
}

extension LocatedError<ELF64Error> {
  var reason: String { "byte \(offset) of it: \(cause.text)" }
}

extension ELF64Error {
  fileprivate var text: String {
    switch self {
    case .wrongMagic: "it does not start as one"
    case .truncated: "it is cut off"
    case .not64Bit: "it is not 64-bit"
    case .bigEndian: "it is not little-endian"
    case .otherMachine: "it is not for AArch64"
    case .positionIndependent:
      "it is of type ET_DYN, which somebody would have to relocate; link it without -pie"
    case .notExecutable: "it is not of type ET_EXEC; link it"
    case .programHeaderSizeInvalid:
      "its program headers do not have \(ELF64.programHeaderByteCount) bytes"
    case .tooManyProgramHeaders:
      "it has more than \(ELF64.programHeaderCountMax) program headers"
    case .programHeadersOutsideFile: "the file ends before the program headers do"
    case .fileSizeAboveMemorySize: "a segment has more bytes in the file than in memory"
    case .segmentOutsideFile: "the file ends before a segment does"
    case .addressTooHigh:
      "a physical address of 2^48 or above; of Linux take arch/arm64/boot/Image, not vmlinux"
    case .addressWraps: "the virtual addresses of a segment end behind 2^64"
    case .segmentsOverlap: "a segment overlaps another one in memory"
    case .tooLarge: "the segments need more than 1 GiB of memory"
    case .segmentsMissing: "nothing in it is to be loaded"
    case .entryOutsideSegments: "the entry is not an instruction in an executable segment"
    }
  }
}
