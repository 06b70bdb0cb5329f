import BootFormats
import BootStubEntry
import CLZ4Boot

/// MMU and caches on, on every core. Decodes the blocks that this core can claim, to where they
/// belong; each is judged as the decoder judges it in the frame that it is from.
///
/// All cores walk along all blocks ("LZ4 Frame Format", "Data Blocks"), which is a word for each:
///
///     [size:u32le, bit 31: not compressed][size bytes][XXH32 of these:u32le]
///
/// A block is claimed in order, so of several that are refused the first one is among those found.
@c @implementation
public func stub_work(_ state: UnsafeMutablePointer<stub_state>, _ index: UInt64) {
  let core = unsafe stub_core_at(state, index)
  unsafe core.pointee.start_ticks = stub_ticks()
  unsafe decodeBlocks(state, &core.pointee.failure)
  unsafe core.pointee.end_ticks = stub_ticks()
  unsafe stub_set_done(core)
}

private func decodeBlocks(
  _ state: UnsafeMutablePointer<stub_state>, _ failure: UnsafeMutablePointer<stub_failure>
) {
  let blockByteCountMax: UInt64 = unsafe 1 << (Descriptor(of: state)[.blockShift] & 31)
  var number: UInt64 = 0
  var claimed = unsafe stub_claim(state)
  for index in unsafe 0..<state.pointee.piece_count {
    let piece = unsafe stub_piece_at(state, index)
    let end = unsafe piece.pointee.source_end
    var source = unsafe piece.pointee.source + PackedImage.frameHeaderByteCount
    var target = unsafe piece.pointee.target
    unsafe failure.pointee.piece = index
    unsafe failure.pointee.block = 0
    func refuse(_ status: lz4boot_status, at place: UInt64) {
      unsafe failure.pointee.status = UInt64(status.rawValue)
      unsafe failure.pointee.offset = place - piece.pointee.source
    }

    while unsafe target < piece.pointee.target_end {
      let byteCount = min(blockByteCountMax, unsafe piece.pointee.target_end - target)
      guard end - source >= 8 else { return refuse(.truncated_input, at: source) }
      let word = littleEndianWord(at: source)
      let size = UInt64(word & 0x7fff_ffff)
      guard word != 0 else { return refuse(.content_size_mismatch, at: source) }
      guard size <= blockByteCountMax else { return refuse(.block_too_large, at: source) }
      guard size <= end - source - 8 else { return refuse(.truncated_input, at: source) }
      let data = source + 4
      if number == claimed {
        var decoded = size
        if word >> 31 == 0 {
          var report = lz4boot_report()
          let status = unsafe lz4boot_decode_block(
            pointer(to: data), Int(size), UnsafeMutableRawPointer(mutating: pointer(to: target)),
            Int(byteCount), &report)
          guard status == .ok else {
            // More than the block's share of the content is more than a block may hold.
            return refuse(
              status == .target_full ? .block_too_large : status, at: data + report.source_offset)
          }
          decoded = report.target_byte_count
        } else if size <= byteCount {
          stub_copy(target, data, size)
        }
        guard unsafe lz4boot_xxh32(pointer(to: data), Int(size), 0) == littleEndianWord(at: data + size) else {
          return refuse(.block_checksum_mismatch, at: data + size)
        }
        guard decoded == byteCount else { return refuse(.content_size_mismatch, at: source) }
        claimed = unsafe stub_claim(state)
      }
      number += 1
      unsafe failure.pointee.block += 1
      source = data + size + 4
      target += byteCount
    }
    // The end mark, and nothing behind it.
    guard end - source == 4, littleEndianWord(at: source) == 0 else {
      return refuse(.content_size_mismatch, at: source)
    }
  }
}

/// The little-endian word at any address, with the MMU on.
private func littleEndianWord(at address: UInt64) -> UInt32 {
  unsafe pointer(to: address).loadUnaligned(as: UInt32.self)
}
