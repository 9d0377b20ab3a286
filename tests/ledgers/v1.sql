BEGIN TRANSACTION;
CREATE TABLE continuation (
        id TEXT PRIMARY KEY,
        job TEXT NOT NULL,
        operation TEXT NOT NULL,
        backend TEXT NOT NULL,
        model TEXT NOT NULL,
        account TEXT NOT NULL,
        private_state TEXT NOT NULL,
        last_output TEXT,
        bytes INTEGER NOT NULL,
        created_at REAL NOT NULL,
        used_at REAL NOT NULL
    ) STRICT;
INSERT INTO "continuation" VALUES('cont_84094b1384c59cb1f441aeb9','job_01a2064cf8d026da96e1b057f48f','image','toy','toy-1','8c0f396f','{"id": "done"}','{"$media": {"media_type": "image/png", "size": 87, "$blob": "3c7f21ff9d9b38980f3b6471aa1b34412b3036be94091de89bdcd6e3ac44b048"}}',101,1.79540203770023417467e+09,1.79540203770023417467e+09);
INSERT INTO "continuation" VALUES('cont_bdd8b0e5956f80b56123afb1','job_01a2064cf9c6914de1fcfed5f0b6','image','toy','toy-1','8c0f396f','{"id": "partial"}','{"$media": {"media_type": "image/png", "size": 87, "$blob": "3c7f21ff9d9b38980f3b6471aa1b34412b3036be94091de89bdcd6e3ac44b048"}}',104,1.79540203771114945411e+09,1.79540203771114945411e+09);
CREATE TABLE job (
        id TEXT PRIMARY KEY,
        parent TEXT,
        operation TEXT NOT NULL,
        backend TEXT NOT NULL,
        model TEXT NOT NULL,
        status TEXT NOT NULL,
        idempotency_key TEXT NOT NULL UNIQUE,
        request TEXT NOT NULL,
        request_hash TEXT NOT NULL,
        account TEXT NOT NULL,
        output TEXT NOT NULL,
        selection TEXT NOT NULL,
        continues TEXT,
        run TEXT NOT NULL,
        batch TEXT,
        agent TEXT,
        created_at REAL NOT NULL,
        submitted_at REAL,
        finished_at REAL,
        reserved_nano INTEGER,
        settled_nano INTEGER,
        cost_source TEXT NOT NULL,
        private_state TEXT,
        private_step TEXT,
        kept_files TEXT NOT NULL DEFAULT '[]',
        result TEXT,
        error TEXT,
        note TEXT,
        owner TEXT,
        lease_until REAL NOT NULL DEFAULT 0
    ) STRICT;
INSERT INTO "job" VALUES('job_01a2064cf8d026da96e1b057f48f',NULL,'image','toy','toy-1','done','key-done','{"operation": "image", "prompt": "done", "n": 1}','20b587931b7746f527b2d4c3101ad348a880c7aa56dc92caa369646f2205707c','8c0f396f','{"folder": "ROOT/out", "stem": "done-d2c42ad8d9", "name": null, "overwrite": false}','{"why": ["toy:toy-1: asked for (toy)"], "warnings": [], "adjustments": []}',NULL,'run_4d1b4985bb2b557c',NULL,NULL,1.79540203745681858056e+09,1.7954020376472563744e+09,1.79540203769523143764e+09,50000000,50000000,'a toy, checked 2026-11-22',NULL,NULL,'[{"media_type": "image/png", "path": "ROOT/out/done-d2c42ad8d9.png", "size": 87, "sha256": "3c7f21ff9d9b38980f3b6471aa1b34412b3036be94091de89bdcd6e3ac44b048", "width": 16, "height": 16, "duration": null}]','{"text": null, "resources": [], "usage": {}, "warnings": [], "missing": [], "continuation_id": "cont_84094b1384c59cb1f441aeb9", "provider_metadata": {}}',NULL,NULL,NULL,0.0);
INSERT INTO "job" VALUES('job_01a2064cf9c6914de1fcfed5f0b6',NULL,'image','toy','toy-1','partial','key-partial','{"operation": "image", "prompt": "partial", "n": 2}','e08d03d2128a609d7ff3d2ae106f0205ea1f0ab27e78e9020b35148c01da05d8','8c0f396f','{"folder": "ROOT/out", "stem": "partial-956d1baf26", "name": null, "overwrite": false}','{"why": ["toy:toy-1: asked for (toy)"], "warnings": [], "adjustments": []}',NULL,'run_4d1b4985bb2b557c',NULL,NULL,1.79540203770207643508e+09,1.7954020377031829357e+09,1.79540203770783472064e+09,100000000,100000000,'a toy, checked 2026-11-22',NULL,NULL,'[{"media_type": "image/png", "path": "ROOT/out/partial-956d1baf26.png", "size": 87, "sha256": "3c7f21ff9d9b38980f3b6471aa1b34412b3036be94091de89bdcd6e3ac44b048", "width": 16, "height": 16, "duration": null}]','{"text": null, "resources": [], "usage": {}, "warnings": [], "missing": ["it drew one only"], "continuation_id": "cont_bdd8b0e5956f80b56123afb1", "provider_metadata": {}}','{"code": "partial", "message": "1 of 2 outputs arrived: it drew one only", "next": "Those that came are kept.", "retryable": false, "charged": "yes", "details": null}',NULL,NULL,0.0);
INSERT INTO "job" VALUES('job_01a2064cf9d0adb9aa4913dd614f',NULL,'image','toy','toy-1','verify_failed','key-verify_failed','{"operation": "image", "prompt": "verify_failed", "n": 1}','538532b07ba5effb399120b2681d96267ed1af001a9d3bd403f8c02a8d13a4d5','8c0f396f','{"folder": "ROOT/out", "stem": "verify-failed-4d5b20d857", "name": null, "overwrite": false}','{"why": ["toy:toy-1: asked for (toy)"], "warnings": [], "adjustments": []}',NULL,'run_4d1b4985bb2b557c',NULL,NULL,1.79540203771285438536e+09,1.79540203771384668349e+09,1.79540203771818184853e+09,50000000,50000000,'a toy, checked 2026-11-22',NULL,NULL,'[]','{"text": null, "resources": [], "usage": {}, "warnings": [], "missing": ["Output 1 is not whole (The file ends after 60 bytes; 11 more of a chunk should follow.); the 60 bytes that came are in ROOT/state/quarantine/verify-failed-4d5b20d857-1.part."], "continuation_id": null, "provider_metadata": {}}','{"code": "verify_failed", "message": "Output 1 is not whole (The file ends after 60 bytes; 11 more of a chunk should follow.); the 60 bytes that came are in ROOT/state/quarantine/verify-failed-4d5b20d857-1.part.", "next": "It was paid for. Look at the quarantined bytes before you ask again.", "retryable": false, "charged": "yes", "details": null}',NULL,NULL,0.0);
INSERT INTO "job" VALUES('job_01a2064cf9de3087f57f6b617dbf',NULL,'image','toy','toy-1','refused','key-refused','{"operation": "image", "prompt": "refused", "n": 1}','b69b9bd6f1b7d0b7b458e9ba763551366c7c774244987220b60ce4dd720b5047','8c0f396f','{"folder": "ROOT/out", "stem": "refused-e8e495ff26", "name": null, "overwrite": false}','{"why": ["toy:toy-1: asked for (toy)"], "warnings": [], "adjustments": []}',NULL,'run_4d1b4985bb2b557c',NULL,NULL,1.79540203772653293614e+09,1.79540203772750473019e+09,NULL,50000000,NULL,'a toy, checked 2026-11-22',NULL,NULL,'[]',NULL,'{"code": "refused", "message": "Toy: it refused.", "next": "The provider''s policy refused it. Change what is asked for.", "retryable": false, "charged": "maybe", "details": null}',NULL,NULL,0.0);
INSERT INTO "job" VALUES('job_01a2064cf9e57e9dd3f1f4e7b665',NULL,'image','toy','toy-1','failed','key-failed','{"operation": "image", "prompt": "failed", "n": 1}','f904030572c66722075823f6c53fd4bbee0e49b6179d8e9f8a140f37b5aa00a1','8c0f396f','{"folder": "ROOT/out", "stem": "failed-c99067e8ee", "name": null, "overwrite": false}','{"why": ["toy:toy-1: asked for (toy)"], "warnings": [], "adjustments": []}',NULL,'run_4d1b4985bb2b557c',NULL,NULL,1.79540203773376727102e+09,1795402037.73471,NULL,50000000,NULL,'a toy, checked 2026-11-22',NULL,NULL,'[]',NULL,'{"code": "failed", "message": "Toy: it failed.", "next": "It may have been charged.", "retryable": false, "charged": "maybe", "details": null}',NULL,NULL,0.0);
INSERT INTO "job" VALUES('job_01a2064cf9ec0fae66cee38e3388',NULL,'image','toy','toy-1','expired','key-expired','{"operation": "image", "prompt": "expired", "n": 1}','4e8c955aad02d1f5e8f674e43f64477403fc451f9a028ca7cd5031f454ee131d','8c0f396f','{"folder": "ROOT/out", "stem": "expired-7f2c877546", "name": null, "overwrite": false}','{"why": ["toy:toy-1: asked for (toy)"], "warnings": [], "adjustments": []}',NULL,'run_4d1b4985bb2b557c',NULL,NULL,1.79540203774020266534e+09,1.79540203774113321308e+09,NULL,50000000,NULL,'a toy, checked 2026-11-22',NULL,NULL,'[]',NULL,'{"code": "expired", "message": "Toy: it expired.", "next": "It was paid for and is gone; download sooner next time.", "retryable": false, "charged": "yes", "details": null}',NULL,NULL,0.0);
INSERT INTO "job" VALUES('job_01a2064cf9f2706890e2222af1b7',NULL,'image','toy','toy-1','cancelled','key-cancelled','{"operation": "image", "prompt": "cancelled", "n": 1}','fcd257d2b326b330ebb6c8a972d681171c34387e6652933f0dcde13a1858e5f6','8c0f396f','{"folder": "ROOT/out", "stem": "cancelled-ca9efc8252", "name": null, "overwrite": false}','{"why": ["toy:toy-1: asked for (toy)"], "warnings": [], "adjustments": []}',NULL,'run_4d1b4985bb2b557c',NULL,NULL,1.79540203774658465381e+09,1.79540203774751019483e+09,NULL,50000000,NULL,'a toy, checked 2026-11-22',NULL,NULL,'[]',NULL,'{"code": "cancelled", "message": "Toy: it cancelled.", "next": null, "retryable": false, "charged": "maybe", "details": null}',NULL,NULL,0.0);
INSERT INTO "job" VALUES('job_01a2064cf9f8d7e38781c9d913bb',NULL,'image','toy','toy-1','failed','key-empty_output','{"operation": "image", "prompt": "empty_output", "n": 1}','717650bd85b5beb6ff26d4d71ebc6283923d4a0192f77c53e99f14297566f233','8c0f396f','{"folder": "ROOT/out", "stem": "empty-output-5fbe7a7a20", "name": null, "overwrite": false}','{"why": ["toy:toy-1: asked for (toy)"], "warnings": [], "adjustments": []}',NULL,'run_4d1b4985bb2b557c',NULL,NULL,1.79540203775303363795e+09,1.79540203775393724444e+09,NULL,50000000,NULL,'a toy, checked 2026-11-22',NULL,NULL,'[]',NULL,'{"code": "empty_output", "message": "Toy: it empty_output.", "next": "It may have been charged. Ask again, or ask differently.", "retryable": false, "charged": "maybe", "details": null}',NULL,NULL,0.0);
INSERT INTO "job" VALUES('job_01a2064cf9ff9232d5de70dade5a',NULL,'image','toy','toy-1','rejected','key-rejected','{"operation": "image", "prompt": "rejected", "n": 1}','83b2b555936c9454f5e199df932f250f04b31775d08dd66c1b6b0508c236be0e','8c0f396f','{"folder": "ROOT/out", "stem": "rejected-1a75a2c6ed", "name": null, "overwrite": false}','{"why": ["toy:toy-1: asked for (toy)"], "warnings": [], "adjustments": []}',NULL,'run_4d1b4985bb2b557c',NULL,NULL,1.79540203775944352156e+09,1.7954020377604496479e+09,1.79540203776221346859e+09,50000000,0,'nothing was charged',NULL,NULL,'[]',NULL,'{"code": "rejected", "message": "Toy answered 400: no such quality.", "next": "Nothing was charged. Change the request; the same one is refused again.", "retryable": false, "charged": "no", "details": null}',NULL,NULL,0.0);
INSERT INTO "job" VALUES('job_01a2064cfa03b2040df3d118ce46',NULL,'image','toy','toy-1','rate_limited','key-rate_limited','{"operation": "image", "prompt": "rate_limited", "n": 1}','640732d09f5e8144a27c022849363d0b8bf54af519bc2244cfc3415389bb0c95','8c0f396f','{"folder": "ROOT/out", "stem": "rate-limited-590643171b", "name": null, "overwrite": false}','{"why": ["toy:toy-1: asked for (toy)"], "warnings": [], "adjustments": []}',NULL,'run_4d1b4985bb2b557c',NULL,NULL,1.79540203776362419126e+09,1.79540203776447677619e+09,1.79540203805001068117e+09,50000000,0,'nothing was charged',NULL,NULL,'[]',NULL,'{"code": "rate_limited", "message": "Toy answered 429: later.", "next": "Nothing was charged. Ask again later.", "retryable": true, "charged": "no", "details": {"retry_at": null}}',NULL,NULL,0.0);
INSERT INTO "job" VALUES('job_01a2064cfb242eb7dd24c378ad9a',NULL,'image','toy','toy-1','unknown','key-unknown','{"operation": "image", "prompt": "unknown", "n": 1}','68d286445397dbe27aa9ec9b38dcc2102129a5f93c06a1d578414b2529c6e417','8c0f396f','{"folder": "ROOT/out", "stem": "unknown-0db8945f04", "name": null, "overwrite": false}','{"why": ["toy:toy-1: asked for (toy)"], "warnings": [], "adjustments": []}',NULL,'run_4d1b4985bb2b557c',NULL,NULL,1.795402038052365303e+09,1.79540203805330467225e+09,NULL,50000000,NULL,'a toy, checked 2026-11-22',NULL,NULL,'[]',NULL,'{"code": "unknown", "message": "Nobody knows what became of the request at Toy: ReadError. It may have been charged.", "next": "Look at the provider''s own dashboard before you ask again; `anymedia resume` never re-sends it.", "retryable": false, "charged": "maybe", "details": null}',NULL,NULL,0.0);
INSERT INTO "job" VALUES('job_01a2064cfb28e0cb49471766a11c',NULL,'image','away','toy-1','not_sent','key-not_sent','{"operation": "image", "prompt": "not_sent", "n": 1}','15b8df729572fdbccc4bb7bd8dd24b3861af0708df906455278eee9408f380c0','c248a1e8','{"folder": "ROOT/out", "stem": "not-sent-de8a792ba3", "name": null, "overwrite": false}','{"why": ["away:toy-1: asked for (away)"], "warnings": [], "adjustments": []}',NULL,'run_4d1b4985bb2b557c',NULL,NULL,1.79540203805659985547e+09,1.79540203805735874183e+09,1.79540203851000595091e+09,50000000,0,'nothing was charged',NULL,NULL,'[]',NULL,'{"code": "not_sent", "message": "The request did not reach Toy: ConnectError: All connection attempts failed.", "next": "Nothing was charged. Check the network and ask again.", "retryable": true, "charged": "no", "details": null}',NULL,NULL,0.0);
INSERT INTO "job" VALUES('job_01a2064cfcf12e9a784499789480',NULL,'image','toy','toy-1','reserved','key-reserved','{"operation": "image", "prompt": "reserved"}','701536f12279d2a588485f2e2eeadbd9b11bc110a6a0f4b09e4be3e176e81346','8c0f396f','{"folder": "ROOT/out", "stem": "reserved-8c87734b13", "name": null, "overwrite": false}','{"why": ["toy:toy-1: asked for (toy)"], "warnings": [], "adjustments": []}',NULL,'run_4d1b4985bb2b557c',NULL,NULL,1.79540203851312518117e+09,NULL,NULL,50000000,NULL,'a toy, checked 2026-11-22',NULL,NULL,'[]',NULL,NULL,NULL,NULL,0.0);
INSERT INTO "job" VALUES('job_01a2064cfcf2fda078f9b8bc68a6',NULL,'image','toy','toy-1','submitting','key-submitting','{"operation": "image", "prompt": "submitting", "n": 1}','8e9f0950b00f97dc567442b0596f6a4529dc4f4b5bd15e31639e4b3d39f8f92f','8c0f396f','{"folder": "ROOT/out", "stem": "submitting-0bc3925dd3", "name": null, "overwrite": false}','{"why": ["toy:toy-1: asked for (toy)"], "warnings": [], "adjustments": []}',NULL,'run_4d1b4985bb2b557c',NULL,NULL,1.79540203851452398299e+09,1.79540203851584196084e+09,NULL,50000000,NULL,'a toy, checked 2026-11-22',NULL,NULL,'[]',NULL,NULL,NULL,'elsewhere:1:1.00000000',1.0);
INSERT INTO "job" VALUES('job_01a2064cfcf2b58f9d9bf4184c34',NULL,'image','toy','toy-1','running','key-running','{"operation": "image", "prompt": "running", "n": 1}','f0751fe0536ffc7f6ed6fb7be6a0cbc94d0ee0f30ec4ce8403a814a3f483feb3','8c0f396f','{"folder": "ROOT/out", "stem": "running-49a5d31996", "name": null, "overwrite": false}','{"why": ["toy:toy-1: asked for (toy)"], "warnings": [], "adjustments": []}',NULL,'run_4d1b4985bb2b557c',NULL,NULL,1.79540203851485633849e+09,1.79540203851658082003e+09,NULL,50000000,NULL,'a toy, checked 2026-11-22','{"id": "running"}',NULL,'[]',NULL,NULL,NULL,'elsewhere:1:1.00000000',1.0);
INSERT INTO "job" VALUES('job_01a2064cfcf2d77c87d0ab6cce1a',NULL,'image','toy','toy-1','ready','key-ready','{"operation": "image", "prompt": "ready", "n": 1}','a2d066924db31e6ab1bb3cf33a17ebc913982ab6d5b16226303bef15a0b97e78','8c0f396f','{"folder": "ROOT/out", "stem": "ready-8a1db79a1c", "name": null, "overwrite": false}','{"why": ["toy:toy-1: asked for (toy)"], "warnings": [], "adjustments": []}',NULL,'run_4d1b4985bb2b557c',NULL,NULL,1.79540203851510405536e+09,1.79540203851674818992e+09,1.79540203852840232852e+09,50000000,50000000,'a toy, checked 2026-11-22',NULL,'{"files": [{"url": "PROVIDER/files/ready", "media_type": "image/png"}], "missing": [], "text": null, "resources": [], "continuation": {"id": "ready"}, "usage": {}, "warnings": [], "metadata": {}}','[]',NULL,NULL,NULL,'elsewhere:1:1.00000000',1.0);
CREATE TABLE resource (
        backend TEXT NOT NULL,
        kind TEXT NOT NULL,
        id TEXT NOT NULL,
        job TEXT NOT NULL,
        delete_request TEXT,
        created_at REAL NOT NULL,
        deleted_at REAL,
        PRIMARY KEY (backend, kind, id)
    ) STRICT;
INSERT INTO "resource" VALUES('toy','upload','done','job_01a2064cf8d026da96e1b057f48f','{"method": "DELETE", "path": "/uploads/done"}',1.79540203769096636766e+09,NULL);
INSERT INTO "resource" VALUES('toy','upload','partial','job_01a2064cf9c6914de1fcfed5f0b6','{"method": "DELETE", "path": "/uploads/partial"}',1.79540203770522856707e+09,NULL);
INSERT INTO "resource" VALUES('toy','upload','verify_failed','job_01a2064cf9d0adb9aa4913dd614f','{"method": "DELETE", "path": "/uploads/verify_failed"}',1.79540203771560597425e+09,NULL);
INSERT INTO "resource" VALUES('toy','upload','refused','job_01a2064cf9de3087f57f6b617dbf','{"method": "DELETE", "path": "/uploads/refused"}',1.79540203772959685319e+09,NULL);
INSERT INTO "resource" VALUES('toy','upload','failed','job_01a2064cf9e57e9dd3f1f4e7b665','{"method": "DELETE", "path": "/uploads/failed"}',1.79540203773644828797e+09,NULL);
INSERT INTO "resource" VALUES('toy','upload','expired','job_01a2064cf9ec0fae66cee38e3388','{"method": "DELETE", "path": "/uploads/expired"}',1.79540203774280166621e+09,NULL);
INSERT INTO "resource" VALUES('toy','upload','cancelled','job_01a2064cf9f2706890e2222af1b7','{"method": "DELETE", "path": "/uploads/cancelled"}',1.79540203774938035008e+09,NULL);
INSERT INTO "resource" VALUES('toy','upload','empty_output','job_01a2064cf9f8d7e38781c9d913bb','{"method": "DELETE", "path": "/uploads/empty_output"}',1.79540203775560498235e+09,NULL);
INSERT INTO "resource" VALUES('toy','upload','running','job_01a2064cfcf2b58f9d9bf4184c34','{"method": "DELETE", "path": "/uploads/running"}',1.79540203852220273022e+09,NULL);
INSERT INTO "resource" VALUES('toy','upload','ready','job_01a2064cfcf2d77c87d0ab6cce1a','{"method": "DELETE", "path": "/uploads/ready"}',1.79540203852438664438e+09,NULL);
CREATE INDEX job_by_time ON job (created_at);
CREATE INDEX job_by_status ON job (status);
CREATE INDEX job_by_parent ON job (parent);
COMMIT;
PRAGMA user_version=1;
