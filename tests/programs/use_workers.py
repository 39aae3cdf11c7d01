"""Subject: python3's multiprocessing with a C extension that only the workers call.

use_workers.py FOLDER METHOD, METHOD one of multiprocessing's start methods (fork, spawn). Prints "use_workers method=M calls=N sum=S".
"""

import multiprocessing
import sys

CALLS = 12


def work(number):
    sys.path.insert(0, sys.argv[1])
    import cotrace_numbers

    return cotrace_numbers.add_all([number, number])


if __name__ == "__main__":
    multiprocessing.set_start_method(sys.argv[2])
    with multiprocessing.Pool(3) as pool:
        total = sum(pool.map(work, range(CALLS), chunksize=1))
        pool.close()
        pool.join()
    print(f"use_workers method={sys.argv[2]} calls={CALLS} sum={total}", flush=True)
    sys.exit(0 if total == CALLS * (CALLS - 1) else 1)
