//! `talentflow solve`: a matching from files, with a certificate; and its separate checker.

mod answer;
mod groups;
mod question;
mod table;

use crate::cli::{Check, Objective, Side, Sides, Solve, SolveFiles};
use answer::Proof;
use anyhow::Context as _;
use matching::certificate::{Worth, blocking_pairs, check_assignment, check_optimal, check_stable};
use matching::{Assignment, Instance, joint, optimal, stable};
use question::Question;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::process::ExitCode;
use std::time::Instant;
use table::Table;

pub fn run(command: Solve) -> anyhow::Result<ExitCode> {
    match (command.action, command.files) {
        (Some(action), _) => check(&action),
        (None, Some(files)) => match files.side {
            Sides::A => one_side(&files, Side::A),
            Sides::E => one_side(&files, Side::E),
            Sides::Both => both_sides(&files),
        },
        // clap asks for the files unless there is an action.
        (None, None) => anyhow::bail!("name the files; see `talentflow solve --help`"),
    }
}

fn one_side(files: &SolveFiles, side: Side) -> anyhow::Result<ExitCode> {
    anyhow::ensure!(files.vetoes.is_none(), "--vetoes is about both sides: add --side both");
    let started = Instant::now();
    let question = Question::read(&files.question(), side)?;
    let load_s = started.elapsed().as_secs_f64();
    told(&question, side, load_s);
    let started = Instant::now();
    let (assignment, proof) = answer(&question.instance, files.objective);
    let solve_s = started.elapsed().as_secs_f64();
    let worth = judge(&question, &assignment, &proof)?;
    if let Some(path) = &files.out {
        answer::write_assignment(path, &[(side, &question, &assignment)])?;
    }
    if let Some(path) = &files.certificate {
        answer::write_certificate(path, side, &question, &proof)?;
    }
    let mut summary = summary(&question.instance, &assignment, worth);
    summary["certificate"] = json!("proved");
    summary["load_s"] = json!(rounded(load_s));
    summary["solve_s"] = json!(rounded(solve_s));
    summary["peak_rss_mib"] = json!(peak_rss_mib());
    print(&summary, files.json);
    Ok(ExitCode::SUCCESS)
}

fn answer(instance: &Instance, objective: Objective) -> (Assignment, Proof) {
    match objective {
        Objective::Optimal => {
            let answer = optimal::solve(instance);
            (answer.assignment, Proof::Prices(answer.prices))
        }
        Objective::Stable => {
            let answer = stable::solve(instance);
            (answer.assignment, Proof::Cutoffs(answer.cutoffs))
        }
    }
}

/// Has the separate checker judge the answer.
fn judge(question: &Question, assignment: &Assignment, proof: &Proof) -> anyhow::Result<Worth> {
    let judged = match proof {
        Proof::Prices(prices) => check_optimal(&question.instance, assignment, prices),
        Proof::Cutoffs(cutoffs) => check_stable(&question.instance, assignment, cutoffs),
    };
    // A flaw speaks of numbers, counted from 0 in the order of the ids.
    judged.context("not proved; students, mentors and groups are counted from 0 in the order of their ids")
}

/// Both sides, and the two mentors of a student compatible.
fn both_sides(files: &SolveFiles) -> anyhow::Result<ExitCode> {
    anyhow::ensure!(files.objective == Objective::Optimal, "--side both is solved for the optimum: leave --objective out");
    anyhow::ensure!(files.certificate.is_none(), "--side both has a bound, not a certificate: leave --certificate out");
    let started = Instant::now();
    let academic = Question::read(&files.question(), Side::A)?;
    told(&academic, Side::A, started.elapsed().as_secs_f64());
    let enterprise = Question::read(&files.question(), Side::E)?;
    let vetoes = read_vetoes(files, &academic, &enterprise)?;
    let load_s = started.elapsed().as_secs_f64();
    told(&enterprise, Side::E, load_s);
    let started = Instant::now();
    let compatible = |_, academic, enterprise| !vetoes.contains(&(academic, enterprise));
    let answer = joint::solve(&academic.instance, &enterprise.instance, compatible);
    let solve_s = started.elapsed().as_secs_f64();
    let worth = [
        check_assignment(&academic.instance, &answer.academic.assignment)?,
        check_assignment(&enterprise.instance, &answer.enterprise.assignment)?,
    ];
    if let Some(path) = &files.out {
        let sides = [(Side::A, &academic, &answer.academic.assignment), (Side::E, &enterprise, &answer.enterprise.assignment)];
        answer::write_assignment(path, &sides)?;
    }
    let summary = json!({
        "academic": summary(&academic.instance, &answer.academic.assignment, worth[0]),
        "enterprise": summary(&enterprise.instance, &answer.enterprise.assignment, worth[1]),
        "assigned": answer.worth.assigned,
        "total_fit": answer.worth.value,
        "bound_assigned": answer.bound.assigned,
        "bound_total_fit": answer.bound.value,
        "load_s": rounded(load_s),
        "solve_s": rounded(solve_s),
        "peak_rss_mib": peak_rss_mib(),
    });
    print(&summary, files.json);
    Ok(ExitCode::SUCCESS)
}

/// Academic and enterprise mentors who do not work together, as numbers.
fn read_vetoes(files: &SolveFiles, academic: &Question, enterprise: &Question) -> anyhow::Result<HashSet<(u32, u32)>> {
    let mut vetoes = HashSet::new();
    let Some(path) = &files.vetoes else { return Ok(vetoes) };
    let mut table = Table::open(path, &["academic_id", "enterprise_id"], &[])?;
    while table.next()? {
        let mut pair = [None; 2];
        for (column, (ids, number)) in [&academic.mentors, &enterprise.mentors].into_iter().zip(&mut pair).enumerate() {
            if let Some(id) = table.number(column, 0, u32::MAX.into())? {
                *number = ids.number(u32::try_from(id)?);
                if number.is_none() {
                    table.fault(column, &format!("there is no mentor {id} on this side"))?;
                }
            }
        }
        if let [Some(one), Some(other)] = pair {
            vetoes.insert((one, other));
        }
    }
    table.finish()?;
    Ok(vetoes)
}

fn check(action: &Check) -> anyhow::Result<ExitCode> {
    let Check::Check { question, side, assignment, certificate, json } = action;
    let question = Question::read(question, *side)?;
    let assignment = answer::read_assignment(assignment, *side, &question)?;
    let proof = answer::read_certificate(certificate, *side, &question)?;
    let (mut summary, code) = match judge(&question, &assignment, &proof) {
        Ok(worth) => {
            let mut summary = summary(&question.instance, &assignment, worth);
            summary["certificate"] = json!("proved");
            (summary, ExitCode::SUCCESS)
        }
        Err(flaw) => (json!({"certificate": "refuted", "flaw": format!("{flaw:#}")}), ExitCode::FAILURE),
    };
    summary["objective"] = json!(if matches!(proof, Proof::Prices(_)) { Objective::Optimal } else { Objective::Stable });
    print(&summary, *json);
    Ok(code)
}

fn summary(instance: &Instance, assignment: &Assignment, worth: Worth) -> Value {
    json!({
        "assigned": worth.assigned,
        "unmatched": assignment.iter().filter(|mentor| mentor.is_none()).count(),
        "total_fit": worth.value,
        "blocking_pairs": blocking_pairs(instance, assignment),
    })
}

fn told(question: &Question, side: Side, seconds: f64) {
    let (students, mentors) = (question.instance.students(), question.instance.mentors());
    eprintln!("{seconds:>6.1} s  side {side}: {students} students, {mentors} mentors, {} edges", question.instance.size());
}

fn print(summary: &Value, as_json: bool) {
    if as_json {
        println!("{summary}");
        return;
    }
    for (key, value) in summary.as_object().into_iter().flatten() {
        println!("{key:<16} {value}");
    }
}

fn rounded(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0
}

/// The most memory this process ever held; 0 where the system does not tell.
pub fn peak_rss_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    kib.unwrap_or_default() / 1024
}
