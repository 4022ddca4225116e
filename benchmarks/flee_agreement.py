"""Does egress have the distribution of Flee's own ensembles? A row per ensemble; see egress.flee.agreement."""

from __future__ import annotations

from benchmarks.registry import benchmark
from egress.flee import instances
from egress.flee.agreement import agreement, references, rows, run_like


@benchmark("flee-agreement", "Flee's own ensembles against ours, at the same hasten")
def flee_agreement(quick: bool) -> None:
    folder = instances.folder()
    if folder is None:
        print(f"left out: {instances.NOWHERE}")
        return
    known = {(r["instance"], r["settings"], r["hasten"]): r for r in rows(folder / "refs" / "accuracy.csv")}
    print("| instance | settings | hasten | R / s | means within 4·SE | … near capacity | sd within 99 % | worst bias "
          "| ARD (sd) | Flee's ARD (sd) | |\n" + "|---" * 11 + "|")  # fmt: skip
    for file in references(folder)[:1] if quick else references(folder):
        run, ref = run_like(folder, file, 8 if quick else None)
        found = agreement(run, ref)
        flee = known.get((ref.instance, ref.settings, str(ref.hasten)), {})
        theirs = f"{float(flee['ard_mean']):.4f} ({float(flee['ard_sd']):.4f})" if flee.get("ard_sd") else ""
        print(
            f"| {ref.instance} | {ref.settings} | {ref.hasten} | {len(run.members)} / {ref.seeds} | {found.means:.1%} "
            f"| {found.means_apart:.1%} of {found.apart.mean():.0%} | {found.spreads:.1%} | {found.worst_bias:.2%} "
            f"| {found.ard[0]:.4f} ({found.ard[1]:.4f}) | {theirs} "
            f"| {'holds' if found.good else 'DOES NOT HOLD'} |",
            flush=True,
        )
