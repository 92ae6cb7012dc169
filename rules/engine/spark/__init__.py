"""The same plan on Spark, where one machine is outgrown; needs the `[spark]` extra and Java."""
