BEGIN TRANSACTION;
CREATE TABLE approvals (
	id INTEGER NOT NULL, 
	plan_id TEXT NOT NULL, 
	"by" TEXT NOT NULL, 
	at TEXT NOT NULL, 
	accepted TEXT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE history (
	seq INTEGER NOT NULL, 
	at TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	payload TEXT NOT NULL, 
	previous TEXT NOT NULL, 
	hash TEXT NOT NULL, 
	PRIMARY KEY (seq)
);
INSERT INTO "history" VALUES(1,'2026-11-23T12:00:00.000+00:00','plan','{"author":"kim","plan":"P1"}','','b432dc0cfe77c1eee705e9102e46d3b9800b2670eb3acbc0a816659c7e419892');
INSERT INTO "history" VALUES(2,'2026-11-23T12:00:00.000+00:00','run','{"actor":"kim","kind":"sync","plan":"P1","run":"R1"}','b432dc0cfe77c1eee705e9102e46d3b9800b2670eb3acbc0a816659c7e419892','de03b76a36f1af0814bb607898a9d4dc0bc06be3935c173611529e8e829bfca7');
INSERT INTO "history" VALUES(3,'2026-11-23T12:00:00.000+00:00','writes','{"run":"R1","states":[[1,"applied"],[2,"inflight"]]}','de03b76a36f1af0814bb607898a9d4dc0bc06be3935c173611529e8e829bfca7','e72bba36f08d60df6ed84f43739aa1cc62cafa5dd45d46cfbecddd3036e04556');
CREATE TABLE holds (
	id INTEGER NOT NULL, 
	record_id TEXT NOT NULL, 
	live_owner TEXT, 
	wanted_owner TEXT, 
	reason TEXT NOT NULL, 
	since TEXT NOT NULL, 
	run_id TEXT NOT NULL, 
	released_at TEXT, 
	released_by TEXT, 
	PRIMARY KEY (id)
);
CREATE TABLE last_written (
	record_id TEXT NOT NULL, 
	value TEXT, 
	run_id TEXT NOT NULL, 
	PRIMARY KEY (record_id)
);
INSERT INTO "last_written" VALUES('A1','U1','R1');
CREATE TABLE nights (
	schedule TEXT NOT NULL, 
	local_date TEXT NOT NULL, 
	at TEXT NOT NULL, 
	exit_code INTEGER NOT NULL, 
	state TEXT NOT NULL, 
	PRIMARY KEY (schedule, local_date)
);
CREATE TABLE plans (
	id TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	author TEXT NOT NULL, 
	header TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "plans" VALUES('P1','2026-11-23T12:00:00.000+00:00','kim','{}');
CREATE TABLE runs (
	id TEXT NOT NULL, 
	plan_id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	state TEXT NOT NULL, 
	started_at TEXT NOT NULL, 
	finished_at TEXT, 
	actor TEXT NOT NULL, 
	summary TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "runs" VALUES('R1','P1','sync','running','2026-11-23T12:00:00.000+00:00',NULL,'kim','{}');
CREATE TABLE version (
	number INTEGER NOT NULL
);
INSERT INTO "version" VALUES(1);
CREATE TABLE writes (
	run_id TEXT NOT NULL, 
	seq INTEGER NOT NULL, 
	record_id TEXT NOT NULL, 
	"before" TEXT NOT NULL, 
	"after" TEXT NOT NULL, 
	state TEXT NOT NULL, 
	code TEXT DEFAULT '' NOT NULL, 
	message TEXT DEFAULT '' NOT NULL, 
	found TEXT, 
	updated_at TEXT, 
	PRIMARY KEY (run_id, seq)
)
 WITHOUT ROWID

;
INSERT INTO "writes" VALUES('R1',1,'A1','{"out_tier":null,"owner_id":null}','{"out_tier":"say \"owner_id\": x","owner_id":"U1"}','applied','','',NULL,'2026-11-23T12:00:00.000+00:00');
INSERT INTO "writes" VALUES('R1',2,'A2','{"out_tier":null,"owner_id":null}','{"out_tier":"say \"owner_id\": x","owner_id":"U1"}','inflight','','',NULL,'2026-11-23T12:00:00.000+00:00');
INSERT INTO "writes" VALUES('R1',3,'A3','{"out_tier":null}','{"out_tier":"say \"owner_id\": x"}','planned','','',NULL,NULL);
INSERT INTO "writes" VALUES('R1',4,'A4','{"out_tier":null}','{"out_tier":"say \"owner_id\": x"}','planned','','',NULL,NULL);
INSERT INTO "writes" VALUES('R1',5,'A5','{"out_tier":null}','{"out_tier":"say \"owner_id\": x"}','planned','','',NULL,NULL);
CREATE INDEX ix_approvals_plan_id ON approvals (plan_id);
CREATE INDEX ix_runs_state ON runs (state);
CREATE INDEX ix_runs_plan_id ON runs (plan_id);
CREATE INDEX writes_by_state ON writes (run_id, state, seq);
CREATE INDEX ix_holds_record_id ON holds (record_id);
COMMIT;
