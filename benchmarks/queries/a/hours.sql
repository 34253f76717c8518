SELECT date_trunc('hour', time) AS hour, count(*) AS requests FROM web GROUP BY date_trunc('hour', time) ORDER BY hour
