// Moves fifty policies from the legacy system to the new one and back, a transaction each way, until it is killed.
import { openInsurance } from '../../../examples/insurance/dist/index.js';

const POLICIES = Array.from({ length: 50 }, (_, index) => `P${index}`);
const systems = openInsurance(process.argv[2]).systemsOf('t');

systems.transaction(() => {
  for (const id of POLICIES) {
    systems.run('INSERT OR IGNORE INTO legacy.policies (policy_id) VALUES (?)', id);
    systems.run(`INSERT OR IGNORE INTO tracked_policies VALUES (?, 'legacy_system', 'not_started', 'wave')`, id);
  }
});

function there() {
  for (const id of POLICIES) {
    systems.run('UPDATE legacy.policies SET owned = 0 WHERE policy_id = ?', id);
    systems.run(`INSERT INTO target.policies VALUES (?, '1.0.0', '{}', 'd', 1, 1)`, id);
    systems.run(`UPDATE tracked_policies SET location = 'new_system' WHERE policy_id = ?`, id);
  }
}

function back() {
  for (const id of POLICIES) {
    systems.run('UPDATE legacy.policies SET owned = 1 WHERE policy_id = ?', id);
    systems.run('DELETE FROM target.policies WHERE policy_id = ?', id);
    systems.run(`UPDATE tracked_policies SET location = 'legacy_system' WHERE policy_id = ?`, id);
  }
}

for (;;) {
  systems.transaction(() => {
    const [{ moved }] = systems.all('SELECT count(*) AS moved FROM target.policies');
    if (moved === 0) there();
    else back();
    systems.run(
      `INSERT INTO movements (policy_id, movement, route, effect_key) VALUES ('all', 'migrated', 'none', '')`,
    );
  });
  process.stdout.write('.');
}
