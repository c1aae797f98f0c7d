//! What happens in the city, step by step, as its people would do it.

mod mentoring;

use super::city::{ACADEMIC_CAPACITY, CHAINS, City, ClassPlan, ENTERPRISE_CAPACITY};
use super::hr::{HrSystem, Word};
use super::money;
use crate::commands::serve::Serving;
use crate::people::People;
use crate::progress::Progress;
use chrono::Datelike;
use futures::stream::{StreamExt, TryStreamExt, iter};
use kit::wire::date;
use proto::common::v1::Money;
use proto::directory::v1 as dir;
use proto::directory::v1::directory_service_client::DirectoryServiceClient;
use proto::mentoring::v1 as men;
use proto::mentoring::v1::mentoring_service_client::MentoringServiceClient;
use proto::rotation::v1 as rot;
use proto::rotation::v1::rotation_service_client::RotationServiceClient;
use proto::training::v1 as tra;
use proto::training::v1::training_service_client::TrainingServiceClient;
use std::time::Duration;

/// Requests under way at once; more would only queue.
const AT_ONCE: usize = 8;
/// The largest batch the API takes.
const BATCH: usize = 1000;

/// What the story counts as it goes.
#[derive(Debug, Default, Clone)]
pub struct Tally {
    pub orders: usize,
    pub classes: Vec<String>,
    pub students: usize,
    pub graduates: usize,
    pub rotations_completed: usize,
    pub mentors_left: usize,
    pub left_early: usize,
}

/// An organisation as the directory knows it, with its people.
struct Place {
    name: String,
    programme: String,
    staff: Vec<String>,
    students: Vec<String>,
}

/// A class with what became of it.
struct Class {
    plan: ClassPlan,
    name: String,
    enrolments: Vec<tra::Enrolment>,
}

pub async fn live(city: &City, people: &People, serving: &Serving, progress: &Progress) -> anyhow::Result<Tally> {
    let mut tally = Tally { students: city.classes.iter().map(|class| class.students).sum(), ..Tally::default() };
    let story = Story { city, people, serving, progress, hr: HrSystem::new(people) };
    let (schools, enterprises) = story.register().await?;
    story.hire_staff(&schools, &enterprises).await?;
    story.register_mentors(&schools, &enterprises).await?;
    let mut classes = story.form_classes(&schools, &enterprises).await?;
    tally.orders = classes.len();
    tally.classes = classes.iter().map(|class| class.name.clone()).collect();
    story.enrol(&schools, &mut classes).await?;
    story.settle().await?;
    story.pair(&schools, &classes).await?;
    story.place(&schools, &classes).await?;
    story.guide(&schools, &enterprises, &classes).await?;
    tally.rotations_completed = story.rotate(&schools, &enterprises).await?;
    tally.mentors_left = story.mentors_leave(&schools).await?;
    tally.graduates = story.graduate(&schools, &classes).await?;
    let hired = story.hire_graduates(&enterprises, &classes).await?;
    story.settle().await?;
    money::fund_and_pay(people, progress).await?;
    tally.left_early = story.leave_early(&enterprises, &hired).await?;
    story.settle().await?;
    Ok(tally)
}

struct Story<'a> {
    city: &'a City,
    people: &'a People,
    serving: &'a Serving,
    progress: &'a Progress,
    hr: HrSystem,
}

impl Story<'_> {
    /// Waits until every event so far has been applied by everybody who follows it.
    async fn settle(&self) -> anyhow::Result<()> {
        for _ in 0..6000 {
            if self.serving.process.runtime.pending().await? == 0 && self.serving.delivery().await?.at_rest() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        anyhow::bail!("events did not come to rest within five minutes; see `talentflow dead-letters list`")
    }

    async fn register(&self) -> anyhow::Result<(Vec<Place>, Vec<Place>)> {
        let mut bureau = DirectoryServiceClient::new(self.people.bureau()?);
        let total = self.city.schools.iter().map(|school| school.students + school.teachers).sum();
        let step = self.progress.step("登记单位与人员", "organisations and people", total);
        let mut schools = Vec::new();
        for (at, school) in self.city.schools.iter().enumerate() {
            let school_type = if school.vocational { dir::SchoolType::Vocational } else { dir::SchoolType::University };
            let organisation = dir::Organisation {
                display_name: school.title.clone(),
                kind: dir::OrganisationKind::School.into(),
                school_type: school_type.into(),
                ..Default::default()
            };
            let request = dir::CreateOrganisationRequest { organisation: Some(organisation) };
            let name = bureau.create_organisation(request).await?.into_inner().name;
            let chain = CHAINS[at % CHAINS.len()];
            let programme = dir::Programme {
                school: name.clone(),
                code: format!("46{at:04}"),
                title: format!("{}技术", chain.1),
                chain: chain.0.into(),
                ..Default::default()
            };
            let programme =
                bureau.create_programme(dir::CreateProgrammeRequest { programme: Some(programme) }).await?.into_inner().name;
            let teachers = (0..school.teachers).map(|_| self.person(&name, dir::PersonKind::Teacher, "", chain.0)).collect();
            let students =
                (0..school.students).map(|_| self.person(&name, dir::PersonKind::Student, &programme, chain.0)).collect();
            let staff = self.register_people(&mut bureau, teachers).await?;
            let students = self.register_people(&mut bureau, students).await?;
            step.advance(staff.len() + students.len());
            schools.push(Place { name, programme, staff, students });
        }
        let mut enterprises = Vec::new();
        for (at, enterprise) in self.city.enterprises.iter().enumerate() {
            let organisation = dir::Organisation {
                display_name: enterprise.title.clone(),
                kind: dir::OrganisationKind::Enterprise.into(),
                chains: vec![CHAINS[enterprise.chain].0.into()],
                integration_listed: enterprise.listed,
                ..Default::default()
            };
            let request = dir::CreateOrganisationRequest { organisation: Some(organisation) };
            let name = bureau.create_organisation(request).await?.into_inner().name;
            let engineers = (0..self.city.engineers(at))
                .map(|_| self.person(&name, dir::PersonKind::Engineer, "", CHAINS[enterprise.chain].0))
                .collect();
            let staff = self.register_people(&mut bureau, engineers).await?;
            enterprises.push(Place { name, programme: String::new(), staff, students: Vec::new() });
        }
        step.done(total);
        Ok((schools, enterprises))
    }

    fn person(&self, organisation: &str, kind: dir::PersonKind, programme: &str, skill: &str) -> dir::Person {
        let student = kind == dir::PersonKind::Student;
        dir::Person {
            display_name: self.city.name(),
            organisation: organisation.into(),
            kind: kind.into(),
            birth_date: student.then(|| date(self.city.birth())),
            entry_year: if student { self.city.calendar.training_from.year() } else { 0 },
            programme: programme.into(),
            skills: vec![skill.into()],
            ..Default::default()
        }
    }

    async fn register_people(
        &self,
        bureau: &mut DirectoryServiceClient<crate::people::Line>,
        people: Vec<dir::Person>,
    ) -> anyhow::Result<Vec<String>> {
        let mut names = Vec::with_capacity(people.len());
        for batch in people.chunks(BATCH) {
            let answer = bureau.batch_create_people(dir::BatchCreatePeopleRequest { people: batch.to_vec() }).await?.into_inner();
            names.extend(answer.people.into_iter().map(|person| person.name));
        }
        Ok(names)
    }

    /// The HR systems say who works for them already.
    async fn hire_staff(&self, schools: &[Place], enterprises: &[Place]) -> anyhow::Result<()> {
        let step = self.progress.step("人事系统发布任职", "HR systems publish staff", schools.len() + enterprises.len());
        let on = self.city.calendar.training_from;
        for place in schools.iter().chain(enterprises) {
            let words: Vec<Word> =
                place.staff.iter().map(|person| Word::Hired { person: person.clone(), on, post: "staff" }).collect();
            self.hr.publish(&place.name, &words).await?;
            step.advance(1);
        }
        step.done(schools.len() + enterprises.len());
        Ok(())
    }

    async fn register_mentors(&self, schools: &[Place], enterprises: &[Place]) -> anyhow::Result<()> {
        let total = schools.iter().chain(enterprises).map(|place| place.staff.len()).sum();
        let step = self.progress.step("登记导师", "mentors", total);
        let mut bureau = MentoringServiceClient::new(self.people.bureau()?);
        let sides = schools.iter().map(|place| (place, men::Side::Academic, ACADEMIC_CAPACITY));
        let sides = sides.chain(enterprises.iter().map(|place| (place, men::Side::Enterprise, ENTERPRISE_CAPACITY)));
        for (place, side, capacity) in sides {
            for batch in place.staff.chunks(BATCH) {
                let mentor = |person: &String| men::Mentor {
                    person: person.clone(),
                    organisation: place.name.clone(),
                    side: side.into(),
                    capacity: i32::try_from(capacity).unwrap_or(1),
                    ..Default::default()
                };
                let mentors = batch.iter().map(mentor).collect();
                bureau.batch_create_mentors(men::BatchCreateMentorsRequest { mentors }).await?;
                step.advance(batch.len());
            }
        }
        step.done(total);
        Ok(())
    }

    /// An order for each class, published, taken up by a school, agreed.
    async fn form_classes(&self, schools: &[Place], enterprises: &[Place]) -> anyhow::Result<Vec<Class>> {
        let step = self.progress.step("发布订单并组建订单班", "orders and classes", self.city.classes.len());
        let step_ref = &step;
        let classes: Vec<Class> = iter(self.city.classes.iter())
            .map(|plan| async move {
                let class = self.form_class(plan, &schools[plan.school], &enterprises[plan.enterprise]).await?;
                step_ref.advance(1);
                anyhow::Ok(class)
            })
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        let count = classes.len();
        step.done(count);
        Ok(classes)
    }

    async fn form_class(&self, plan: &ClassPlan, school: &Place, enterprise: &Place) -> anyhow::Result<Class> {
        let mut firm = TrainingServiceClient::new(self.people.enterprise(&enterprise.name)?);
        let mut office = TrainingServiceClient::new(self.people.school(&school.name)?);
        let seats = i32::try_from(plan.students).unwrap_or(1);
        let chain = CHAINS[self.city.enterprises[plan.enterprise].chain];
        let order = tra::Order {
            enterprise: enterprise.name.clone(),
            title: format!("{}订单", chain.1),
            chain: chain.0.into(),
            seats,
            start_date: Some(date(self.city.calendar.training_from)),
            end_date: Some(date(self.city.calendar.graduation)),
            ..Default::default()
        };
        let order = firm.create_order(tra::CreateOrderRequest { order: Some(order) }).await?.into_inner().name;
        firm.publish_order(tra::PublishOrderRequest { name: order.clone(), ..Default::default() }).await?;
        let class = tra::Class {
            order,
            school: school.name.clone(),
            programme: school.programme.clone(),
            capacity: seats,
            ..Default::default()
        };
        let name = office.create_class(tra::CreateClassRequest { class: Some(class) }).await?.into_inner().name;
        firm.agree_class(tra::AgreeClassRequest { name: name.clone(), ..Default::default() }).await?;
        Ok(Class { plan: plan.clone(), name, enrolments: Vec::new() })
    }

    async fn enrol(&self, schools: &[Place], classes: &mut [Class]) -> anyhow::Result<()> {
        let step = self.progress.step("学生入班", "enrolments", self.city.classes.iter().map(|class| class.students).sum());
        self.settle().await?;
        let mut taken = vec![0; schools.len()];
        let mut count = 0;
        for class in classes {
            let school = &schools[class.plan.school];
            let from = taken[class.plan.school];
            taken[class.plan.school] += class.plan.students;
            let students = school.students[from..from + class.plan.students].to_vec();
            let mut office = TrainingServiceClient::new(self.people.school(&school.name)?);
            let request = tra::BatchCreateEnrolmentsRequest { class: class.name.clone(), students };
            class.enrolments = office.batch_create_enrolments(request).await?.into_inner().enrolments;
            count += class.enrolments.len();
            step.advance(class.enrolments.len());
        }
        step.done(count);
        Ok(())
    }

    async fn place(&self, schools: &[Place], classes: &[Class]) -> anyhow::Result<()> {
        let step = self.progress.step("岗位实习", "placements", self.city.classes.iter().map(|class| class.students).sum());
        let mut count = 0;
        for class in classes {
            let mut office = TrainingServiceClient::new(self.people.school(&schools[class.plan.school].name)?);
            let placements = class.enrolments.iter().map(|enrolment| self.placement(&enrolment.name)).collect();
            office.batch_create_placements(tra::BatchCreatePlacementsRequest { placements }).await?;
            count += class.enrolments.len();
            step.advance(class.enrolments.len());
        }
        step.done(count);
        Ok(())
    }

    fn placement(&self, enrolment: &str) -> tra::Placement {
        let from = self.city.calendar.placed_from;
        tra::Placement {
            enrolment: enrolment.into(),
            start_date: Some(date(from)),
            end_date: Some(date(from + chrono::Days::new(180))),
            post: "操作员".into(),
            venue: "factory".into(),
            agreement_signed: true,
            insured: true,
            monthly_pay: Some(Money { fen: 300_000 }),
            post_wage: Some(Money { fen: 350_000 }),
            labour_grade: 1,
            ..Default::default()
        }
    }

    /// One teacher in ten works at an enterprise for half a year.
    async fn rotate(&self, schools: &[Place], enterprises: &[Place]) -> anyhow::Result<usize> {
        let chosen: Vec<(&Place, &String)> =
            schools.iter().flat_map(|school| school.staff.iter().step_by(10).map(move |teacher| (school, teacher))).collect();
        let step = self.progress.step("教师轮岗", "rotations", chosen.len());
        let step_ref = &step;
        let done: Vec<()> = iter(chosen.iter().enumerate())
            .map(|(at, (school, teacher))| async move {
                let host = &enterprises[at % enterprises.len()];
                self.rotation(school, teacher, host).await?;
                step_ref.advance(1);
                anyhow::Ok(())
            })
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        step.done(done.len());
        Ok(done.len())
    }

    async fn rotation(&self, school: &Place, teacher: &str, host: &Place) -> anyhow::Result<()> {
        use kit::auth::Role;
        let mut applicant = RotationServiceClient::new(self.people.school(&school.name)?);
        let mut dean = RotationServiceClient::new(self.people.line("dean@school", Some(&school.name), &[Role::School])?);
        let mut firm = RotationServiceClient::new(self.people.enterprise(&host.name)?);
        let rotation = rot::Rotation {
            person: teacher.into(),
            home_organisation: school.name.clone(),
            host_organisation: host.name.clone(),
            start_date: Some(date(self.city.calendar.rotation_from)),
            end_date: Some(date(self.city.calendar.rotation_to)),
            share_percent: 50,
            post: "工程师".into(),
            ..Default::default()
        };
        let name = applicant.create_rotation(rot::CreateRotationRequest { rotation: Some(rotation) }).await?.into_inner().name;
        dean.approve_rotation(rot::ApproveRotationRequest { name: name.clone(), ..Default::default() }).await?;
        firm.accept_rotation(rot::AcceptRotationRequest { name: name.clone(), ..Default::default() }).await?;
        firm.activate_rotation(rot::ActivateRotationRequest { name: name.clone(), ..Default::default() }).await?;
        firm.complete_rotation(rot::CompleteRotationRequest { name, ..Default::default() }).await?;
        Ok(())
    }

    async fn graduate(&self, schools: &[Place], classes: &[Class]) -> anyhow::Result<usize> {
        let graduating: Vec<&Class> = classes.iter().filter(|class| class.plan.graduates).collect();
        let step = self.progress.step("订单班毕业", "graduations", graduating.len());
        let mut count = 0;
        for class in &graduating {
            let mut office = TrainingServiceClient::new(self.people.school(&schools[class.plan.school].name)?);
            let request = tra::GraduateClassRequest {
                name: class.name.clone(),
                graduation_date: Some(date(self.city.calendar.graduation)),
                ..Default::default()
            };
            office.graduate_class(request).await?;
            count += class.enrolments.len();
            step.advance(1);
        }
        step.done(count);
        Ok(count)
    }

    /// Four graduates in five are hired by the enterprise that ordered them.
    async fn hire_graduates(&self, enterprises: &[Place], classes: &[Class]) -> anyhow::Result<Vec<(usize, String)>> {
        let step = self.progress.step("毕业生录用", "graduates hired", enterprises.len());
        let mut hired = Vec::new();
        for class in classes.iter().filter(|class| class.plan.graduates) {
            let mine = class.enrolments.iter().filter(|_| !self.city.one_in(5));
            hired.extend(mine.map(|enrolment| (class.plan.enterprise, enrolment.student.clone())));
        }
        for (at, enterprise) in enterprises.iter().enumerate() {
            let on = self.city.calendar.hired;
            let words: Vec<Word> = hired
                .iter()
                .filter(|(employer, _)| *employer == at)
                .map(|(_, person)| Word::Hired { person: person.clone(), on, post: "technician" })
                .collect();
            self.hr.publish(&enterprise.name, &words).await?;
            step.advance(1);
        }
        step.done(hired.len());
        Ok(hired)
    }

    /// One in thirty leaves before the time for which the subsidy was paid.
    async fn leave_early(&self, enterprises: &[Place], hired: &[(usize, String)]) -> anyhow::Result<usize> {
        let step = self.progress.step("提前离职与追回", "early leavers", enterprises.len());
        let leavers: Vec<&(usize, String)> = hired.iter().step_by(30).collect();
        for (at, enterprise) in enterprises.iter().enumerate() {
            let mine = leavers.iter().filter(|(employer, _)| *employer == at);
            let words: Vec<Word> =
                mine.map(|(_, person)| Word::Left { person: person.clone(), on: self.city.calendar.left }).collect();
            if !words.is_empty() {
                self.hr.publish(&enterprise.name, &words).await?;
            }
            step.advance(1);
        }
        step.done(leavers.len());
        Ok(leavers.len())
    }
}
