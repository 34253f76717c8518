SELECT date_trunc('hour', time) AS hour, count(*) AS n FROM web GROUP BY ALL ORDER BY hour
