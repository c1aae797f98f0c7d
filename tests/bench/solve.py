"""`talentflow solve` and OR-tools' minimum-cost flow on the same instances, in one run, each in a process of its own.

A city of students with 30 possible mentors a side: about 24 of the student's own field and the rest from anywhere,
fields of very uneven size, mentors of uneven capacity with a tenth more places than students, fit 0 to 1,000 with
many ties. Deterministic by the seed. Times are of solving alone, without reading files; memory is the peak of the
whole process.
"""

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

STUDENTS, ACADEMIC, ENTERPRISE = 131_915, 5_113, 6_600
CANDIDATES, OF_OWN_FIELD, FIELDS = 30, 24, 40
# More than any path of swaps can gain, so that the largest number comes first.
ALONE = 1_000_000


def instance(students, mentors, fields, weights, rng):
    """One side: capacities, and edges as arrays of student, mentor, fit."""
    field = rng.choice(FIELDS, size=mentors, p=weights)
    share = rng.integers(1, 5, size=mentors).astype(float)
    total = math.ceil(1.1 * students)
    capacity = 1 + np.floor(share / share.sum() * (total - mentors)).astype(int)
    capacity[: total - capacity.sum()] += 1
    of_field = [np.flatnonzero(field == number) for number in range(FIELDS)]
    quality = rng.integers(0, 1001, size=mentors)
    pairs = []
    for student in range(students):
        near = of_field[fields[student]]
        near = near if len(near) <= OF_OWN_FIELD else near[rng.choice(len(near), OF_OWN_FIELD, replace=False)]
        chosen = set(near.tolist())
        while len(chosen) < min(CANDIDATES, mentors):
            chosen.add(int(rng.integers(0, mentors)))
        pairs.extend((student, mentor) for mentor in sorted(chosen))
    student, mentor = np.array(pairs).T
    noise = rng.integers(0, 1001, size=len(student))
    fit = 0.55 * quality[mentor] + 0.45 * noise + 120 * (field[mentor] == fields[student]) - 60
    return capacity, student, mentor, np.clip(np.rint(fit), 0, 1000).astype(int)


def write(folder, students, seed):
    rng = np.random.Generator(np.random.PCG64(seed))
    weights = 1 / (np.arange(FIELDS) + 3.0)
    weights /= weights.sum()
    fields = rng.choice(FIELDS, size=students, p=weights)
    sides = {}
    for side, mentors in (("A", ACADEMIC), ("E", ENTERPRISE)):
        count = max(30, round(mentors * students / STUDENTS))
        sides[side] = instance(students, count, fields, weights, rng)
    with open(f"{folder}/students.csv", "w") as out:
        out.write("student_id\n" + "".join(f"{student}\n" for student in range(students)))
    with open(f"{folder}/mentors.csv", "w") as out:
        out.write("side,mentor_id,capacity\n")
        for side, (capacity, *_) in sides.items():
            out.writelines(f"{side},{mentor},{places}\n" for mentor, places in enumerate(capacity))
    with open(f"{folder}/edges.csv", "w") as out:
        out.write("side,student_id,mentor_id,fit\n")
        for side, (_, student, mentor, fit) in sides.items():
            rows = zip(student.tolist(), mentor.tolist(), fit.tolist())
            out.writelines(f"{side},{one},{other},{value}\n" for one, other, value in rows)
    for side, (capacity, student, mentor, fit) in sides.items():
        np.savez(f"{folder}/{side}.npz", capacity=capacity, student=student, mentor=mentor, fit=fit)


def peak_rss_mib():
    with open("/proc/self/status") as status:
        return int(next(line for line in status if line.startswith("VmHWM")).split()[1]) // 1024


def ortools(path):
    """The peer, in a process of its own: prints what it did as JSON."""
    from ortools.graph.python import min_cost_flow

    data = np.load(path)
    capacity, student, mentor, fit = (data[name] for name in ("capacity", "student", "mentor", "fit"))
    students, mentors = int(student.max()) + 1, len(capacity)
    source, sink = students + mentors, students + mentors + 1
    flow = min_cost_flow.SimpleMinCostFlow()
    tails = np.concatenate([np.full(students, source), student, students + np.arange(mentors), [source]])
    heads = np.concatenate([np.arange(students), students + mentor, np.full(mentors, sink), [sink]])
    room = np.concatenate([np.ones(students + len(student), np.int64), capacity, [students]])
    cost = np.concatenate([np.zeros(students, np.int64), -fit, np.zeros(mentors, np.int64), [ALONE]])
    arcs = flow.add_arcs_with_capacity_and_unit_cost(tails, heads, room, cost)
    flow.set_nodes_supplies(np.array([source, sink]), np.array([students, -students]))
    started = time.perf_counter()
    assert flow.solve() == flow.OPTIMAL
    took = time.perf_counter() - started
    chosen = np.flatnonzero(flow.flows(arcs[students : students + len(student)]))
    print(json.dumps({"assigned": len(chosen), "total_fit": int(fit[chosen].sum()), "solve_s": took, "peak_rss_mib": peak_rss_mib()}))


def run(command):
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout)


def ours(binary, folder, side, objective):
    answer, proof = f"{folder}/assignment.csv", f"{folder}/certificate.json"
    files = [item for name in ("students", "mentors", "edges") for item in (f"--{name}", f"{folder}/{name}.csv")]
    solved = run([binary, "solve", *files, "--side", side, "--objective", objective, "--out", answer, "--certificate", proof, "--json"])
    checked = run([binary, "solve", "check", *files, "--side", side, "--assignment", answer, "--certificate", proof, "--json"])
    assert checked["certificate"] == "proved" and checked["total_fit"] == solved["total_fit"]
    return solved


def middle(runs):
    """The run of median solving time; answers must be the same in all."""
    assert len({(one["assigned"], one["total_fit"]) for one in runs}) == 1
    return dict(sorted(runs, key=lambda one: one["solve_s"])[len(runs) // 2], peak_rss_mib=max(one["peak_rss_mib"] for one in runs))


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--binary", required=True)
    arguments.add_argument("--sizes", default=f"10000,{STUDENTS}")
    arguments.add_argument("--seed", type=int, default=42)
    arguments.add_argument("--repeat", type=int, default=3)
    options = arguments.parse_args()
    times = {}
    print(f"{'students':>8} side {'solver':<18} {'solve':>9} {'of peer':>8} {'memory':>9} {'of peer':>8} {'assigned':>8} {'total fit':>12}  blocking pairs")
    for students in map(int, options.sizes.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            write(folder, students, options.seed)
            for side in "AE":
                # Turn about, so that a slow minute of the machine meets both.
                rows = {"OR-tools": [], "optimal": [], "stable": []}
                for _ in range(options.repeat):
                    rows["OR-tools"].append(run([sys.executable, __file__, "--peer", f"{folder}/{side}.npz"]))
                    for objective in ("optimal", "stable"):
                        rows[objective].append(ours(options.binary, folder, side, objective))
                rows = {name: middle(runs) for name, runs in rows.items()}
                peer = rows["OR-tools"]
                assert (rows["optimal"]["assigned"], rows["optimal"]["total_fit"]) == (peer["assigned"], peer["total_fit"])
                for name, row in rows.items():
                    times.setdefault(name, {}).setdefault(students, []).append(row["solve_s"])
                    print(f"{students:>8} {side:>4} {name:<18} {row['solve_s']:>7.3f} s {row['solve_s'] / peer['solve_s']:>8.3f} "
                          f"{row['peak_rss_mib']:>5} MiB {row['peak_rss_mib'] / peer['peak_rss_mib']:>8.3f} {row['assigned']:>8} "
                          f"{row['total_fit']:>12}  {row.get('blocking_pairs', '')}", flush=True)
    sizes = sorted(times["optimal"])
    if len(sizes) > 1:
        low, high = sizes[0], sizes[-1]
        for name, by_size in times.items():
            exponent = math.log(statistics.mean(by_size[high]) / statistics.mean(by_size[low])) / math.log(high / low)
            print(f"{name}: time grows as students^{exponent:.2f} from {low} to {high}")


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "--peer":
        ortools(sys.argv[2])
    else:
        main()
