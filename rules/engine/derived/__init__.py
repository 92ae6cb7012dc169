"""Fields that are worked out before rules are matched: one relation, `prepared`, made of accounts and facts."""
