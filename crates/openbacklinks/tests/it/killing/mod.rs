//! Kills `ingest` and `build` again and again, at random instants and at named points (`store::kill_point`),
//! and looks after each kill whether the index is what it was before or what it was going to be. Shared by
//! the test `kills` and the example of that name.

pub(crate) mod orphans;
pub(crate) mod program;
mod reader;
mod world;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::time::Duration;

pub(crate) use program::Program;

use crate::dice::Dice;
use orphans::orphans;
use program::{Ended, Work};
use reader::Reader;
use world::{Truth, World, answers, files_below};

/// What a run is told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    /// Kills in all.
    pub(crate) kills: usize,
    /// Where randomness begins.
    pub(crate) seed: u64,
}

/// What came of the kills of one command.
#[derive(Debug, Default)]
struct Counts {
    at_random: usize,
    at_points: BTreeMap<String, usize>,
    /// The index was as before.
    old: usize,
    /// The index was as the command was going to make it.
    new: usize,
    /// The command had ended before it was to be killed, or did not come by the point.
    missed: usize,
    ended: usize,
    /// Runs to the end that went on with what a killed one had read.
    resumed: usize,
}

/// One command, and what is known of it.
struct Command {
    name: &'static str,
    /// How long it takes, of each crawl.
    typical: Vec<Duration>,
    /// Points that it passes, and how often at most.
    points: BTreeMap<String, usize>,
    /// The next point to kill at.
    next: usize,
    counts: Counts,
}

impl Command {
    fn new(name: &'static str) -> Self {
        Self { name, typical: Vec::new(), points: BTreeMap::new(), next: 0, counts: Counts::default() }
    }

    fn learn(&mut self, passed: &BTreeMap<String, usize>) {
        for (name, count) in passed {
            let most = self.points.entry(name.clone()).or_default();
            *most = *count.max(most);
        }
    }

    fn next_point(&mut self, dice: &mut Dice) -> (String, usize) {
        let (name, most) = self.points.iter().nth(self.next % self.points.len()).expect("a command passes points");
        self.next += 1;
        // The first and the last time are as likely as all others together.
        let count = match dice.below(3) {
            0 => 1,
            1 => *most,
            _ => dice.below(*most) + 1,
        };
        (name.clone(), count)
    }

    fn kills(&self) -> usize {
        self.counts.at_random + self.counts.at_points.values().sum::<usize>()
    }
}

/// Kills as often as it is told, and prints what came of it.
///
/// # Panics
/// If anything is not as it must be after a kill.
pub(crate) fn run(program: &Program, plan: Plan) {
    let folder = tempfile::tempdir().unwrap();
    let mut dice = Dice::new(plan.seed);
    let mut commands = [Command::new("ingest"), Command::new("build")];
    let world = World::make(folder.path(), plan.seed, program, |work, ended| {
        let command = &mut commands[usize::from(work.is_build())];
        command.learn(&ended.passed);
        command.typical.push(ended.elapsed);
    });
    let (mut rounds, mut answers_while_killing) = (0, 0);
    while commands.iter().map(Command::kills).sum::<usize>() < plan.kills {
        let data = folder.path().join(format!("index-{rounds}"));
        let round = Round { program, world: &world, data: &data };
        answers_while_killing += round.play(&mut commands, plan.kills, &mut dice);
        if rounds == 0 {
            two_at_once(&round);
        }
        std::fs::remove_dir_all(&data).unwrap();
        rounds += 1;
    }
    tell(&commands, rounds, answers_while_killing, plan);
}

fn tell(commands: &[Command], rounds: usize, answers: usize, plan: Plan) {
    let all: usize = commands.iter().map(Command::kills).sum();
    println!("{all} kills (seed {}), {rounds} indexes, {answers} answers of a server meanwhile, all true", plan.seed);
    for command in commands {
        let counts = &command.counts;
        println!(
            "{}: {} kills, {} at random instants and {} at points; {} left the old, {} the new; {} came too late; \
             {} runs to the end, {} of them went on with what was read",
            command.name,
            command.kills(),
            counts.at_random,
            counts.at_points.values().sum::<usize>(),
            counts.old,
            counts.new,
            counts.missed,
            counts.ended,
            counts.resumed,
        );
        let at = |name: &String| counts.at_points.get(name).copied().unwrap_or_default();
        let points: Vec<String> = command.points.keys().map(|name| format!("{name} {}", at(name))).collect();
        println!("  points: {}", points.join(", "));
    }
}

/// An index from nothing to the last crawl.
struct Round<'a> {
    program: &'a Program,
    world: &'a World,
    data: &'a Path,
}

impl Round<'_> {
    /// Every crawl is ingested and built, each command killed a few times before it may end. How many answers
    /// a server gave meanwhile.
    fn play(&self, commands: &mut [Command; 2], kills: usize, dice: &mut Dice) -> usize {
        let mut reader = None;
        for crawl in 0..self.world.crawls() {
            for work in [Work::Ingest(crawl), Work::Build] {
                let is_build = work.is_build();
                for _ in 0..=dice.below(4) {
                    if commands.iter().map(Command::kills).sum::<usize>() < kills {
                        self.kill(&mut commands[usize::from(is_build)], work, crawl, dice);
                    }
                }
                let ended = self.program.to_the_end(self.world, self.data, work);
                let command = &mut commands[usize::from(is_build)];
                command.learn(&ended.passed);
                command.counts.ended += 1;
                command.counts.resumed += usize::from(ended.report["resumed_inputs"].as_u64() > Some(0));
                self.check_ended(work, crawl);
            }
            reader.get_or_insert_with(|| Reader::start(self.program, self.world, self.data));
        }
        reader.map_or(0, Reader::stop)
    }

    fn kill(&self, command: &mut Command, work: Work, crawl: usize, dice: &mut Dice) {
        let place = if dice.chance(50) {
            let typical = command.typical[crawl].as_micros() as usize;
            let after = Duration::from_micros(dice.below(typical.max(1)) as u64);
            self.program.kill_after(self.world, self.data, work, after).then(|| "a random instant".to_owned())
        } else {
            let (name, count) = command.next_point(dice);
            self.program.kill_at(self.world, self.data, work, &name, count).then_some(name)
        };
        let Some(place) = place else {
            command.counts.missed += 1;
            return;
        };
        let is_new = self.check_killed(work, crawl, &place);
        let counts = &mut command.counts;
        *if is_new { &mut counts.new } else { &mut counts.old } += 1;
        if place.contains(' ') {
            counts.at_random += 1;
        } else {
            *counts.at_points.entry(place).or_default() += 1;
        }
    }

    /// What must hold whenever a command was killed; whether its work was done already.
    fn check_killed(&self, work: Work, crawl: usize, place: &str) -> bool {
        let about = format!("{work:?} of crawl {crawl}, killed at {place}");
        if let Ok(lock) = File::open(self.data.join("lock")) {
            lock.try_lock().unwrap_or_else(|error| panic!("{about}: the lock is held: {error}"));
        }
        let found = answers(self.data);
        let old = crawl.checked_sub(1).map(|before| self.world.truth(before));
        let new = self.world.truth(crawl);
        let is_new = work.is_build() && found.as_ref().map(Truth::digest) == Some(new.digest());
        if !is_new {
            assert_eq!(found.as_ref().map(Truth::digest), old.map(Truth::digest), "{about}: other answers");
        }
        self.check_whole(&about);
        match work {
            Work::Build => is_new,
            Work::Ingest(_) => self.data.join("crawls").join(world::name(crawl)).try_exists().unwrap(),
        }
    }

    /// Every byte that is named is as it was written.
    fn check_whole(&self, about: &str) {
        match store::DataDir::open(self.data) {
            Ok(data) => {
                let problems = store::verify(&data, |_, _| {}).unwrap().problems;
                assert!(problems.is_empty(), "{about}: {problems:?}");
            }
            Err(store::StoreError::NotFound { .. }) => {}
            Err(error) => panic!("{about}: {error}"),
        }
    }

    /// What must hold when a command has ended.
    fn check_ended(&self, work: Work, crawl: usize) {
        let about = format!("{work:?} of crawl {crawl}, ended");
        self.check_whole(&about);
        assert_eq!(orphans(self.data), Vec::<String>::new(), "{about}");
        if work.is_build() {
            let found = answers(self.data).expect("there is a snapshot");
            assert_eq!(found.digest(), self.world.truth(crawl).digest(), "{about}");
        } else {
            let files = files_below(&self.data.join("crawls").join(world::name(crawl)));
            assert!(files == self.world.files(crawl), "{about}: other bytes than those of an ingest in one go");
        }
    }
}

/// A second command is refused while one runs, and works once that one was killed.
fn two_at_once(round: &Round<'_>) {
    let held = round.program.hold(round.world, round.data, Work::Build, "lock.taken", 1).expect("a build locks");
    for work in [Work::Build, Work::Ingest(0)] {
        let Ended { code, errors, .. } = round.program.run(round.world, round.data, work);
        assert_eq!(code, Some(1), "{errors}");
        assert!(errors.contains("is locked by another process"), "{errors}");
        assert!(errors.contains("hint: "), "{errors}");
    }
    let last = round.world.crawls() - 1;
    assert_eq!(answers(round.data).unwrap().digest(), round.world.truth(last).digest());
    held.kill();
    round.program.to_the_end(round.world, round.data, Work::Build);
    round.check_ended(Work::Build, last);
}
