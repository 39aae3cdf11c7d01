"""Subject: python3 with a C extension (modules/numbers.c) and threads. Prints "use_numbers sum=60 threads=3"."""

import sys
import threading

sys.path.insert(0, sys.argv[1])
import cotrace_numbers

sums = []


def work(number):
    sums.append(cotrace_numbers.add_all([number, number, number]))


threads = [threading.Thread(target=work, args=(number,)) for number in (1, 2, 3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
total = sum(sums) + cotrace_numbers.call(lambda value: value * 2, 21)
print(f"use_numbers sum={total} threads={len(threads)}")
sys.exit(0 if total == 60 else 1)
