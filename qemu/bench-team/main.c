/* SPDX-License-Identifier: MIT */
/*
 * Decodes a frame with one call and with a team of two, in alternating pairs, and prints the ticks of each pair. The
 * second core is awake and waits for work all the time.
 */
#include "lz4boot.h"

extern const uint8_t frame[], frame_end[];
void start_second(void);
void print(const char *text);

enum { pairs = PAIRS, target_capacity = 128 << 20 };
static uint8_t target[target_capacity];
static struct lz4boot_team team;
static int is_here, is_started;

void work(void) {
  __atomic_store_n(&is_here, 1, __ATOMIC_RELEASE);
  for (;;) {
    while (!__atomic_load_n(&is_started, __ATOMIC_ACQUIRE)) continue;
    lz4boot_team_work(&team);
    __atomic_store_n(&is_started, 0, __ATOMIC_RELEASE);
  }
}

static uint64_t ticks(void) {
  uint64_t value;
  __asm__ volatile("isb\n mrs %0, cntvct_el0" : "=r"(value) : : "memory");
  return value;
}

static void print_number(uint64_t number) {
  char text[24], *digit = text + sizeof text;
  *--digit = 0;
  *--digit = ' ';
  do
    *--digit = (char)('0' + number % 10);
  while (number /= 10);
  print(digit);
}

static int decode_alone(void) {
  return lz4boot_decode(frame, (size_t)(frame_end - frame), target, target_capacity, 0, 0) == lz4boot_status_ok;
}

static int decode_together(void) {
  lz4boot_team_start(&team, frame, (size_t)(frame_end - frame), target, target_capacity, 0, 0);
  __atomic_store_n(&is_started, 1, __ATOMIC_RELEASE);
  return lz4boot_team_finish(&team, 0) == lz4boot_status_ok;
}

int main(void) {
  start_second();
  while (!__atomic_load_n(&is_here, __ATOMIC_ACQUIRE)) continue;
  /* The first pair, in which QEMU translates the code, does not count. */
  for (int pair = 0; pair <= pairs; pair++) {
    uint64_t start = ticks();
    if (!decode_alone()) return 1;
    uint64_t middle = ticks();
    if (!decode_together()) return 1;
    uint64_t end = ticks();
    while (__atomic_load_n(&is_started, __ATOMIC_ACQUIRE)) continue;
    if (pair == 0) continue;
    print_number(middle - start);
    print_number(end - middle);
    print("\n");
  }
  return 0;
}
