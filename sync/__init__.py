"""Makes it so, safely: pull, plan, guard, approve, apply, report."""
