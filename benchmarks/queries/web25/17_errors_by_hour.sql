SELECT date_trunc('hour', time) AS hour, count(*) FILTER (WHERE status >= 500) AS errors, count(*) AS n FROM web GROUP BY ALL ORDER BY hour
