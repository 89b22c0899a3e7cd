"""The events that perf counts, by the name that the flags have for them: number, family without its prefix, HELP.

Source: linux/perf_event.h.
"""

from motes.exporters.node._perf import CACHE, HARDWARE, SOFTWARE

_Events = dict[str, tuple[int, str, str]]

_HARDWARE: _Events = {
    "CpuCycles": (0, "cpucycles_total", "Cycles, which change their length with the frequency."),
    "CpuInstr": (1, "instructions_total", "Instructions."),
    "CacheRef": (2, "cache_refs_total", "Accesses to the last-level cache, on most processors."),
    "CacheMisses": (3, "cache_misses_total", "Misses of the last-level cache, on most processors."),
    "BranchInstr": (4, "branch_instructions_total", "Branches."),
    "BranchMisses": (5, "branch_misses_total", "Branches predicted wrongly."),
    "StalledCyclesFrontend": (7, "stalled_cycles_frontend_total", "Cycles without an instruction to issue."),
    "StalledCyclesBackend": (8, "stalled_cycles_backend_total", "Cycles in which nothing could be retired."),
    "RefCpuCycles": (9, "ref_cpucycles_total", "Cycles at the nominal frequency."),
}
_SOFTWARE: _Events = {
    "PageFault": (2, "page_faults_total", "Page faults."),
    "ContextSwitch": (3, "context_switches_total", "Context switches."),
    "CpuMigration": (4, "cpu_migrations_total", "Tasks that came from another CPU."),
    "MinorFault": (5, "minor_faults_total", "Page faults that needed no I/O."),
    "MajorFault": (6, "major_faults_total", "Page faults that needed I/O."),
}

_L1D, _L1I, _LL, _DTLB, _ITLB, _BPU = range(6)
_READ, _WRITE = 0, 1 << 8
_ACCESS, _MISS = 0, 1 << 16
_CACHE: _Events = {
    "L1DataReadHit": (_L1D | _READ | _ACCESS, "cache_l1d_read_hits_total", "Reads of the L1 data cache."),
    "L1DataReadMiss": (_L1D | _READ | _MISS, "cache_l1d_read_misses_total", "Read misses of the L1 data cache."),
    "L1DataWriteHit": (_L1D | _WRITE | _ACCESS, "cache_l1d_write_hits_total", "Writes to the L1 data cache."),
    "L1InstrReadMiss": (
        _L1I | _READ | _MISS,
        "cache_l1_instr_read_misses_total",
        "Misses of the L1 instruction cache.",
    ),
    "LLReadHit": (_LL | _READ | _ACCESS, "cache_ll_read_hits_total", "Reads of the last-level cache."),
    "LLReadMiss": (_LL | _READ | _MISS, "cache_ll_read_misses_total", "Read misses of the last-level cache."),
    "LLWriteHit": (_LL | _WRITE | _ACCESS, "cache_ll_write_hits_total", "Writes to the last-level cache."),
    "LLWriteMiss": (_LL | _WRITE | _MISS, "cache_ll_write_misses_total", "Write misses of the last-level cache."),
    "DataTLBReadHit": (_DTLB | _READ | _ACCESS, "cache_tlb_data_read_hits_total", "Reads by the data TLB."),
    "DataTLBReadMiss": (_DTLB | _READ | _MISS, "cache_tlb_data_read_misses_total", "Read misses of the data TLB."),
    "DataTLBWriteHit": (_DTLB | _WRITE | _ACCESS, "cache_tlb_data_write_hits_total", "Writes by the data TLB."),
    "DataTLBWriteMiss": (_DTLB | _WRITE | _MISS, "cache_tlb_data_write_misses_total", "Write misses of the data TLB."),
    "InstrTLBReadHit": (_ITLB | _READ | _ACCESS, "cache_tlb_instr_read_hits_total", "Reads by the instruction TLB."),
    "InstrTLBReadMiss": (_ITLB | _READ | _MISS, "cache_tlb_instr_read_misses_total", "Misses of the instruction TLB."),
    "BPUReadHit": (_BPU | _READ | _ACCESS, "cache_bpu_read_hits_total", "Reads of the branch predictor."),
    "BPUReadMiss": (_BPU | _READ | _MISS, "cache_bpu_read_misses_total", "Misses of the branch predictor."),
}

# By the word in their flags, the kernel's number for the kind, and the events.
PROFILERS = {"hardware": (HARDWARE, _HARDWARE), "software": (SOFTWARE, _SOFTWARE), "cache": (CACHE, _CACHE)}
