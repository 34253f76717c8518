SELECT hour(time) AS hour_of_day, count(*) AS n FROM web GROUP BY ALL ORDER BY hour_of_day
