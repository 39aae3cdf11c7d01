"""Registers of every kind, read and written, from the smallest part to the widest."""

from driving import *


def widest(flag):
    with open("/proc/cpuinfo") as info:
        return flag in re.search(r"^flags\s*:(.*)$", info.read(), re.M)[1].split()


class Registers(Lldb):
    def at_tick(self):
        self.process = self.debug("counter_threads", 1, 1)
        self.target.BreakpointCreateByName("tick")
        self.go(self.process)
        return self.stopped(self.process)[0].GetFrameAtIndex(0)

    def write(self, name, value):
        self.command(f"register write {name} {value}")

    def bytes_of(self, frame, name):
        return list(frame.FindRegister(name).GetData().uint8s)

    def write_bytes(self, name, value):
        self.write(name, '"{' + " ".join(f"{byte:#04x}" for byte in value) + '}"')

    def test_parts_of_general_registers(self):
        frame = self.at_tick()
        old = frame.FindRegister("rbx").GetValueAsUnsigned()
        self.write("rbx", "0x1122334455667788")
        for name, value in (("rbx", 0x1122334455667788), ("ebx", 0x55667788), ("bx", 0x7788), ("bh", 0x77), ("bl", 0x88)):
            self.assertEqual(frame.FindRegister(name).GetValueAsUnsigned(), value, name)
        self.write("bl", "0x99")
        self.assertEqual(frame.FindRegister("rbx").GetValueAsUnsigned(), 0x1122334455667799)
        self.write("rbx", old)
        for name in ("rflags", "fs_base", "gs_base", "cs", "mxcsr", "fctrl"):
            self.assertTrue(frame.FindRegister(name).IsValid() or name == "rflags", name)
        self.assertNotEqual(frame.FindRegister("fs_base").GetValueAsUnsigned(), 0)
        self.write("mxcsr", "0x1fc0")
        self.assertEqual(frame.FindRegister("mxcsr").GetValueAsUnsigned(), 0x1FC0)
        self.go(self.process)
        self.ended(self.process)

    def test_vectors(self):
        frame = self.at_tick()
        sizes = {"xmm": 16}
        if widest("avx"):
            sizes["ymm"] = 32
        if widest("avx512f"):
            sizes["zmm"] = 64
        for number in (0, 15) + ((16, 31) if "zmm" in sizes else ()):
            for kind, size in sizes.items():
                name, value = f"{kind}{number}", [(number + size + i) % 256 for i in range(size)]
                self.write_bytes(name, value)
                self.assertEqual(self.bytes_of(frame, name), value, name)
                # What is narrower is the low part of it.
                for inner, width in sizes.items():
                    if width < size:
                        self.assertEqual(self.bytes_of(frame, f"{inner}{number}"), value[:width], f"{inner}{number} after {name}")
        if "zmm" in sizes:
            self.write("k1", "0x5a")
            self.assertEqual(frame.FindRegister("k1").GetValueAsUnsigned(), 0x5A)
        self.write_bytes("st3", range(10))
        self.assertEqual(self.bytes_of(frame, "st3"), list(range(10)))
        self.go(self.process)
        self.ended(self.process)


if __name__ == "__main__":
    unittest.main(verbosity=2)
