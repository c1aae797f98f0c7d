//! Mentors and students: matched in rounds, and what guidance follows.

use super::{Class, Place, Story, date};
use crate::demo::hr::Word;
use crate::people::Line;
use anyhow::Context as _;
use proto::mentoring::v1 as men;
use proto::mentoring::v1::mentoring_service_client::MentoringServiceClient;

impl Story<'_> {
    /// A matching round for each class: solved, looked at, published.
    pub(super) async fn pair(&self, schools: &[Place], classes: &[Class]) -> anyhow::Result<()> {
        let step = self.progress.step("双导师匹配", "matching rounds", classes.len());
        for class in classes {
            let mut office = MentoringServiceClient::new(self.people.school(&schools[class.plan.school].name)?);
            let round = men::Round { class: class.name.clone(), ..Default::default() };
            let round = office.create_round(men::CreateRoundRequest { round: Some(round) }).await?.into_inner().name;
            office.close_preferences(men::ClosePreferencesRequest { name: round.clone(), ..Default::default() }).await?;
            let solve = men::SolveRoundRequest { name: round.clone(), ..Default::default() };
            let run = office.solve_round(solve).await?.into_inner().name;
            office.publish_round(men::PublishRoundRequest { name: round, run, ..Default::default() }).await?;
            step.advance(1);
        }
        step.done(classes.len());
        Ok(())
    }

    /// Every mentor meets every student of theirs once, and the other side confirms the month.
    pub(super) async fn guide(&self, schools: &[Place], enterprises: &[Place], classes: &[Class]) -> anyhow::Result<()> {
        let step = self.progress.step("导师指导", "guidance", classes.len());
        let mut bureau = MentoringServiceClient::new(self.people.bureau()?);
        let mut count = 0;
        for class in classes {
            let request = men::ListPairingsRequest {
                class: class.name.clone(),
                state: men::PairingState::Active.into(),
                page_size: 1000,
                ..Default::default()
            };
            let pairings = bureau.list_pairings(request).await?.into_inner().pairings;
            let record = |pairing: &men::Pairing| men::GuidanceRecord {
                pairing: pairing.name.clone(),
                date: Some(date(self.city.calendar.guided)),
                minutes: 60,
                kind: "meeting".into(),
                ..Default::default()
            };
            let guidance_records: Vec<_> = pairings.iter().map(record).collect();
            count += guidance_records.len();
            if !guidance_records.is_empty() {
                bureau.batch_create_guidance_records(men::BatchCreateGuidanceRecordsRequest { guidance_records }).await?;
            }
            let school = self.people.school(&schools[class.plan.school].name)?;
            let enterprise = self.people.enterprise(&enterprises[class.plan.enterprise].name)?;
            self.confirm(school, &pairings, men::Side::Enterprise).await?;
            self.confirm(enterprise, &pairings, men::Side::Academic).await?;
            step.advance(1);
        }
        step.done(count);
        Ok(())
    }

    /// Confirms what mentors of the other side gave.
    async fn confirm(&self, office: Line, pairings: &[men::Pairing], side: men::Side) -> anyhow::Result<()> {
        let month = self.city.calendar.guided.format("%Y-%m").to_string();
        let theirs = pairings.iter().filter(|pairing| pairing.side() == side);
        let month = |pairing: &men::Pairing| men::GuidanceMonth {
            pairing: pairing.name.clone(),
            month: month.clone(),
            ..Default::default()
        };
        let guidance_months: Vec<_> = theirs.map(month).collect();
        if !guidance_months.is_empty() {
            let mut office = MentoringServiceClient::new(office);
            office.batch_confirm_guidance(men::BatchConfirmGuidanceRequest { guidance_months }).await?;
        }
        Ok(())
    }

    /// At every school one teacher leaves; the students are paired anew, many at once after the bureau's approval.
    pub(super) async fn mentors_leave(&self, schools: &[Place]) -> anyhow::Result<usize> {
        let step = self.progress.step("导师离职并重新匹配", "mentors leave", schools.len());
        for school in schools {
            let person = school.staff.first().context("a school has teachers")?.clone();
            self.hr.publish(&school.name, &[Word::Left { person, on: self.city.calendar.left }]).await?;
            step.advance(1);
        }
        self.settle().await?;
        let mut bureau = MentoringServiceClient::new(self.people.bureau()?);
        let state = men::RematchState::Waiting.into();
        let waiting = men::ListRematchesRequest { state, page_size: 1000, ..Default::default() };
        for rematch in bureau.list_rematches(waiting).await?.into_inner().rematches {
            bureau.approve_rematch(men::ApproveRematchRequest { name: rematch.name }).await?;
        }
        step.done(schools.len());
        Ok(schools.len())
    }
}
