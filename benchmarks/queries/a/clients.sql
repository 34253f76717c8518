SELECT client, count(*) AS requests FROM web GROUP BY client ORDER BY requests DESC LIMIT 10
