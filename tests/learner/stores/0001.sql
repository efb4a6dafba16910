-- A store as the first shape left it, made by that shape's own steps. Never to be changed.
BEGIN TRANSACTION;
CREATE TABLE about (
	"key" VARCHAR(60) NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY ("key")
);
INSERT INTO "about" VALUES('owner','0d5c6d0e-5a0a-4a55-9d0c-6f7a3f0c1e01');
INSERT INTO "about" VALUES('program','0.1.0');
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE attempts (
	seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id VARCHAR(36) NOT NULL, 
	learner_id VARCHAR(36) NOT NULL, 
	time DATETIME NOT NULL, 
	zone INTEGER NOT NULL, 
	kind VARCHAR(40) NOT NULL, 
	slug VARCHAR(200) NOT NULL, 
	item VARCHAR(200), 
	seed BIGINT, 
	passed BOOLEAN, 
	score FLOAT, 
	seconds FLOAT, 
	detail TEXT NOT NULL, 
	content VARCHAR(128), 
	program VARCHAR(60) NOT NULL, 
	language VARCHAR(10), 
	UNIQUE (id), 
	FOREIGN KEY(learner_id) REFERENCES learners (id)
);
INSERT INTO "attempts" VALUES(1,'01a21701-ae57-70e5-a500-c6a5e90ea700','0d5c6d0e-5a0a-4a55-9d0c-6f7a3f0c1e01','2026-11-26 08:30:00.000000',480,'lesson','attention',NULL,NULL,NULL,NULL,12.5,'{}',NULL,'0.1.0','zh');
INSERT INTO "attempts" VALUES(2,'01a21701-ae57-70e5-a500-c6a5e90ea701','0d5c6d0e-5a0a-4a55-9d0c-6f7a3f0c1e01','2026-11-26 08:31:00.000000',480,'quiz','attention','q1',7,0,NULL,12.5,'{"answer":"注意力"}',NULL,'0.1.0','zh');
INSERT INTO "attempts" VALUES(3,'01a21701-ae57-70e5-a500-c6a5e90ea702','0d5c6d0e-5a0a-4a55-9d0c-6f7a3f0c1e01','2026-11-26 08:32:00.000000',480,'quiz','attention','q1',7,1,NULL,12.5,'{}',NULL,'0.1.0','zh');
INSERT INTO "attempts" VALUES(4,'01a21701-ae57-70e5-a500-c6a5e90ea703','0d5c6d0e-5a0a-4a55-9d0c-6f7a3f0c1e01','2026-11-26 08:33:00.000000',480,'exercise','descent-step',NULL,NULL,1,0.95,12.5,'{"faults":[]}',NULL,'0.1.0','zh');
CREATE TABLE learners (
	id VARCHAR(36) NOT NULL, 
	name TEXT, 
	created DATETIME NOT NULL, 
	same_as VARCHAR(36), 
	PRIMARY KEY (id), 
	FOREIGN KEY(same_as) REFERENCES learners (id)
);
INSERT INTO "learners" VALUES('0d5c6d0e-5a0a-4a55-9d0c-6f7a3f0c1e01',NULL,'2026-11-26 08:30:00.000000',NULL);
CREATE INDEX attempts_by_time ON attempts (learner_id, time);
CREATE INDEX attempts_by_slug ON attempts (learner_id, kind, slug);
CREATE TRIGGER attempts_no_update BEFORE UPDATE ON attempts BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
CREATE TRIGGER attempts_no_delete BEFORE DELETE ON attempts BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('attempts',4);
COMMIT;
