-- The newest runs of all agents, without a scan.
CREATE INDEX ix_execution_results_started ON execution_results (started_at);
