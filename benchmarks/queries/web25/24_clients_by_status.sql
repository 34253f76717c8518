SELECT client, status, count(*) AS n FROM web GROUP BY ALL ORDER BY n DESC, client, status LIMIT 10
