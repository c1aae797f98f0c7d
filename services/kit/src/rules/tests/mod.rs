//! What a pack and an expression do, and what they refuse.

mod expression;
mod judge;
mod load;

use super::RulePack;
use chrono::NaiveDate;

/// The internship rules as far as tests need them: one rule in two versions, one soft, one unverified.
const PACK: &str = r"
[pack]
id = 'internship'
title_en = 'Internships of vocational schools'
title_zh = '职业学校学生实习'
source = '教职成〔2021〕4号'
variables = ['age', 'first_year', 'pay_percent', 'agreement', 'overtime', 'filing_number']
optional = ['filing_number']

[[rule]]
id = 'minimum-age'
article = '16'
version = 1
from = 2022-01-01
severity = 'hard'
verified = true
require = 'age >= 16 && !first_year'
message_en = 'Nobody under 16 or in the first year is placed.'
message_zh = '不得安排一年级或未满16周岁的学生实习'
way_out_en = 'place the student later'
way_out_zh = '请延后安排'

[[rule]]
id = 'agreement'
article = '13'
version = 1
from = 2022-01-01
severity = 'hard'
verified = true
field = 'placement.agreement'
require = 'agreement'
message_en = 'Without a signed tripartite agreement there is no placement.'
message_zh = '未签订三方协议不得安排实习'
way_out_en = 'have all three parties sign first'
way_out_zh = '请先完成三方签署'

[[rule]]
id = 'minimum-pay'
article = '17'
version = 1
from = 2016-04-11
to = 2022-01-01
severity = 'soft'
verified = true
require = 'pay_percent >= 80'
message_en = 'Pay is at least 80 % of the probation wage.'
message_zh = '报酬原则上不低于试用期工资的80%'
way_out_en = 'raise the pay'
way_out_zh = '请提高报酬'

[[rule]]
id = 'minimum-pay'
article = '18'
version = 2
from = 2022-01-01
severity = 'soft'
verified = true
require = 'pay_percent >= 80'
message_en = 'Pay is at least 80 % of the wage of the same post.'
message_zh = '报酬原则上不低于同岗位工资的80%'
way_out_en = 'raise the pay'
way_out_zh = '请提高报酬'

[[rule]]
id = 'overtime'
article = '17'
version = 1
from = 2022-01-01
applies_to = ['vocational', 'technical']
severity = 'hard'
verified = true
when = 'overtime'
require = 'filing_number != null'
message_en = 'Overtime needs a filing number obtained in advance.'
message_zh = '加班须事先备案'
way_out_en = 'file it first'
way_out_zh = '请先备案'

[[rule]]
id = 'length'
article = '19'
version = 1
from = 2022-01-01
severity = 'soft'
verified = false
require = 'false'
message_en = 'Nobody has read this article yet.'
message_zh = '该条款尚未核实'
way_out_en = 'read it'
way_out_zh = '请核实'
";

fn pack() -> RulePack {
    RulePack::load(PACK).unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}
